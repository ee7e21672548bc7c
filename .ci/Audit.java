import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Asks OSV about libraries, one request for all, and says which findings SECURITY.md does not name; `.ci/audit` says how.
final class Audit {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*\"([^\"]+)\"");
    private static final Pattern ALIASES = Pattern.compile("\"aliases\"\\s*:\\s*\\[([^\\]]*)\\]");
    private static final Pattern KNOWN = Pattern.compile("\\b(?:CVE-\\d+-\\d+|GHSA(?:-\\w{4}){3})\\b");
    private static final Pattern QUOTED = Pattern.compile("\"([^\"]+)\"");

    /// A library as Maven names it.
    private record Library(String name, String version) {
        /// Reads `group:artifact:classifier:type:version`.
        static Library parse(String line) {
            String[] parts = line.split(":", -1);
            if (parts.length != 5) {
                throw new IllegalArgumentException("no library of five parts: " + line);
            }
            return new Library(parts[0] + ":" + parts[1], parts[4]);
        }

        String query() {
            return "{\"package\":{\"ecosystem\":\"Maven\",\"name\":\"" + name + "\"},\"version\":\"" + version + "\"}";
        }
    }

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private final String server;

    private Audit(String server) {
        this.server = server;
    }

    public static void main(String[] arguments) throws Exception {
        List<Library> libraries =
                Files.readAllLines(Path.of(arguments[0])).stream().map(Library::parse).toList();
        if (arguments.length > 3 && arguments[3].equals("--list")) {
            libraries.forEach(library -> System.out.println(library.name() + " " + library.version()));
            return;
        }
        if (arguments.length > 3) {
            System.err.println("audit: unknown argument '" + arguments[3] + "': there is only --list");
            System.exit(2);
        }
        try {
            Set<String> known = new HashSet<>();
            KNOWN.matcher(Files.readString(Path.of(arguments[1]))).results().forEach(found -> known.add(found.group()));
            System.exit(new Audit(arguments[2]).run(libraries, known));
        } catch (IllegalStateException | IllegalArgumentException e) {
            System.err.println("audit: " + e.getMessage());
            System.exit(2);
        } catch (IOException e) {
            System.out.printf(
                    "audit: SKIPPED, %s cannot be asked (%s); none of %d libraries was checked%n",
                    arguments[2], e, libraries.size());
        }
    }

    private int run(List<Library> libraries, Set<String> known) throws IOException, InterruptedException {
        List<String> queries = libraries.stream().map(Library::query).toList();
        String answer = send(HttpRequest.newBuilder(URI.create(server + "/v1/querybatch"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"queries\":[" + String.join(",", queries) + "]}")));
        List<String> results = objects(answer, answer.indexOf('[') + 1);
        if (results.size() != libraries.size()) {
            throw new IllegalStateException(results.size() + " answers to " + libraries.size() + " questions");
        }
        int open = 0;
        int named = 0;
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i).contains("next_page_token")) {
                throw new IllegalStateException("more findings than one page for " + libraries.get(i).name());
            }
            Matcher ids = ID.matcher(results.get(i));
            while (ids.find()) {
                Set<String> names = names(ids.group(1));
                boolean isNamed = names.stream().anyMatch(known::contains);
                System.out.printf(
                        "%s  %s %s  %s%n",
                        isNamed ? "named in SECURITY.md" : "OPEN",
                        libraries.get(i).name(),
                        libraries.get(i).version(),
                        String.join(" ", names));
                open += isNamed ? 0 : 1;
                named += isNamed ? 1 : 0;
            }
        }
        System.out.printf(
                "audit: %d libraries asked about at %s: %d findings open, %d named in SECURITY.md%n",
                libraries.size(), server, open, named);
        return open == 0 ? 0 : 1;
    }

    /// A finding's own id and what others call it, so that SECURITY.md may name either.
    private Set<String> names(String id) throws IOException, InterruptedException {
        Set<String> names = new LinkedHashSet<>(Set.of(id));
        Matcher aliases = ALIASES.matcher(send(HttpRequest.newBuilder(URI.create(server + "/v1/vulns/" + id))));
        if (aliases.find()) {
            Matcher alias = QUOTED.matcher(aliases.group(1));
            while (alias.find()) {
                names.add(alias.group(1));
            }
        }
        return names;
    }

    private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response =
                client.send(request.timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("status " + response.statusCode());
        }
        return response.body();
    }

    /// Cuts the objects of an array apart: `{"a":{}},{}]` from 0 gives `{"a":{}}` and `{}`. Ids and dates, which is all that
    /// the answer holds, have no braces.
    private static List<String> objects(String text, int from) {
        List<String> found = new ArrayList<>();
        int depth = 0;
        int start = from;
        for (int at = from; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '{' && depth++ == 0) {
                start = at;
            } else if (c == '}' && --depth == 0) {
                found.add(text.substring(start, at + 1));
            } else if (c == ']' && depth == 0) {
                return found;
            }
        }
        return found;
    }
}
