package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Runs the commands of `docs/http.md` as they stand and compares what they print with what the page says.
@Timeout(120)
class HttpPageIT {
    private static final Path PAGE =
            Path.of(System.getProperty("metastore.home", ".")).resolve("docs/http.md");
    private static final Pattern BLOCK = Pattern.compile("```(sh|json)\n(.*?)```", Pattern.DOTALL);
    private static final String NEXT = "== next\n";

    @TempDir
    private Path folder;

    /// A command, and what it prints; null when the page does not say.
    private record Walk(String commands, String printed) {}

    /// Over plain text HTTP/2 is gRPC's alone.
    @ParameterizedTest
    @CsvSource({"http1.1, false", "http1.1, true", "http2, true"})
    void theCommandsOfThePageDoWhatItSays(String version, boolean tls) throws Exception {
        try (SecureMember secure = new SecureMember(folder, "--bcrypt-cost=4")) {
            String trust = tls ? "cacert = " + secure.authority.certFile + "\n" : "";
            Files.writeString(folder.resolve(".curlrc"), version + "\n" + trust);
            List<Walk> walks = walks(Files.readString(PAGE));
            assertTrue(walks.size() > 10, () -> walks.size() + " blocks of commands");
            String script = walks.stream()
                    .map(walk -> walk.commands() + "echo; echo '" + NEXT.strip() + "'\n")
                    .collect(Collectors.joining("", "set -eu\n", ""));
            ProcessBuilder shell = new ProcessBuilder("bash", "-c", script)
                    .directory(folder.toFile())
                    .redirectErrorStream(true);
            shell.environment().put("HOME", folder.toString());
            shell.environment().put("ENDPOINT", tls ? secure.url() : "http://" + secure.member.endpoint());
            Process process = shell.start();
            String said = new String(process.getInputStream().readAllBytes());
            assertEquals(0, process.waitFor(), said);
            // etcd writes a space behind commas, in some builds.
            String[] printed = said.replace(", \"", ",\"").split(NEXT, -1);
            for (int i = 0; i < walks.size(); i++) {
                Walk walk = walks.get(i);
                if (walk.printed() != null) {
                    assertTrue(
                            pattern(walk.printed()).matcher(printed[i].strip()).matches(),
                            walk.commands() + "prints " + printed[i] + "and not " + walk.printed());
                }
            }
        }
    }

    private static List<Walk> walks(String page) {
        List<String[]> blocks = BLOCK.matcher(page)
                .results()
                .map(block -> new String[] {block.group(1), block.group(2)})
                .toList();
        Stream.Builder<Walk> walks = Stream.builder();
        for (int i = 0; i < blocks.size(); i++) {
            if (blocks.get(i)[0].equals("sh")) {
                boolean says = i + 1 < blocks.size() && blocks.get(i + 1)[0].equals("json");
                walks.add(new Walk(blocks.get(i)[1], says ? blocks.get(i + 1)[1] : null));
            }
        }
        return walks.build().toList();
    }

    /// Takes three dots for anything but a line end.
    private static Pattern pattern(String printed) {
        return Pattern.compile(
                Stream.of(printed.strip().split("…", -1)).map(Pattern::quote).collect(Collectors.joining("[^\n]*")));
    }
}
