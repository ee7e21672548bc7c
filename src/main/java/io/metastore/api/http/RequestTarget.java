package io.metastore.api.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the target of a request line says, read as Go's HTTP server reads it, which etcd's clients are used to.
///
/// | target | |
/// |---|---|
/// | `/health?x=1` | the page `/health` |
/// | `http://a:1/health`, said to a proxy | the page `/health` |
/// | `//health`, `/a/../health`, `/./health` | 307 to `/health` |
/// | `/health?x=%zz` | the page `/health`, without what cannot be decoded of the query |
/// | `health`, `/%zz`, `*` | 400 |
sealed interface RequestTarget {
    /// A page.
    ///
    /// @param path  decoded; one whose segments hold an escaped slash is left as it came, and found nowhere
    /// @param query decoded parameters in the order in which they came, empty values included
    record Page(String path, Map<String, List<String>> query) implements RequestTarget {}

    /// No page: the answer is known.
    ///
    /// @param goesOn whether the connection may be used afterwards
    record Answered(HttpResponse response, boolean goesOn) implements RequestTarget {}

    static RequestTarget of(String method, String target) {
        if (target.equals("*")) {
            return method.equals("OPTIONS")
                    ? new Answered(new HttpResponse(200, Map.of(), new byte[0]), true)
                    : new Answered(new HttpResponse(400, Map.of(), new byte[0]), false);
        }
        boolean authority = method.equals("CONNECT") && !target.startsWith("/");
        if (target.isEmpty() || target.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            return malformed("malformed request target");
        }
        String rest = authority ? "" : withoutOrigin(target);
        if (rest == null) {
            return malformed("malformed request target: it must begin with / or with a scheme");
        }
        int mark = rest.indexOf('?');
        String path = mark < 0 ? rest : rest.substring(0, mark);
        String query = mark < 0 ? "" : rest.substring(mark + 1);
        String decoded;
        try {
            decoded = decoded(path);
        } catch (IllegalArgumentException _) {
            return malformed("malformed request target: a broken %-sequence in its path");
        }
        String clean = clean(path);
        if (!method.equals("CONNECT") && !clean.equals(path)) {
            return moved(method, mark < 0 ? clean : clean + "?" + query);
        }
        return new Page(decoded, parameters(query));
    }

    private static Answered malformed(String text) {
        return new Answered(HttpResponse.error(HttpResponseStatus.BAD_REQUEST.code(), text), false);
    }

    /// What follows scheme and authority; null when there is neither a path nor a scheme. A target that begins with
    /// two slashes is a path: only behind a scheme is there an authority.
    private static String withoutOrigin(String target) {
        if (target.startsWith("/")) {
            return target;
        }
        int colon = target.indexOf(':');
        if (colon < 1 || !target.substring(0, colon).matches("[A-Za-z][A-Za-z0-9+.-]*")) {
            return null;
        }
        String rest = target.substring(colon + 1);
        if (rest.startsWith("//")) {
            int path = 2;
            while (path < rest.length() && "/?".indexOf(rest.charAt(path)) < 0) {
                path++;
            }
            return rest.substring(path);
        }
        int mark = rest.indexOf('?');
        return rest.startsWith("/") ? rest : mark < 0 ? "" : rest.substring(mark);
    }

    private static String decoded(String path) {
        if (path.toLowerCase(java.util.Locale.ROOT).contains("%2f")) {
            return path;
        }
        // A plus is a blank in a query only.
        return QueryStringDecoder.decodeComponent(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /// Takes out `.`, `..` and empty segments; a slash at the end stays.
    private static String clean(String path) {
        Deque<String> segments = new ArrayDeque<>();
        for (String segment : path.split("/")) {
            switch (segment) {
                case "", "." -> {}
                case ".." -> segments.pollLast();
                default -> segments.addLast(segment);
            }
        }
        String clean = "/" + String.join("/", segments);
        return path.endsWith("/") && clean.length() > 1 ? clean + "/" : clean;
    }

    private static Answered moved(String method, String to) {
        StringBuilder location = new StringBuilder(to.length());
        for (char c : to.toCharArray()) {
            // Characters are bytes here: Netty decodes a request line as Latin-1.
            location.append(c > '~' || "\"<>".indexOf(c) >= 0 ? "%%%02X".formatted((int) c) : String.valueOf(c));
        }
        boolean read = method.equals("GET") || method.equals("HEAD");
        String page = "<a href=\"" + location.toString().replace("&", "&amp;") + "\">Temporary Redirect</a>.\n\n";
        Map<String, String> headers = new LinkedHashMap<>(Map.of("location", location.toString()));
        if (read) {
            headers.put("content-type", "text/html; charset=utf-8");
        }
        byte[] body = read ? page.getBytes(StandardCharsets.UTF_8) : new byte[0];
        return new Answered(new HttpResponse(307, headers, body), true);
    }

    /// Leaves out parameters that cannot be decoded, and those with a semicolon, which not all servers read alike.
    private static Map<String, List<String>> parameters(String query) {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        for (String pair : query.split("&")) {
            if (pair.isEmpty() || pair.indexOf(';') >= 0) {
                continue;
            }
            int equals = pair.indexOf('=');
            try {
                String name = QueryStringDecoder.decodeComponent(equals < 0 ? pair : pair.substring(0, equals));
                String value = equals < 0 ? "" : QueryStringDecoder.decodeComponent(pair.substring(equals + 1));
                parameters.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
            } catch (IllegalArgumentException _) {
                continue; // a broken %-sequence concerns its own parameter only, as in etcd
            }
        }
        return parameters;
    }
}
