package io.metastore.api.http;

import java.util.List;
import java.util.Map;

/// One request over HTTP, read as a whole but for a body that is handed on while it comes.
///
/// @param method upper-case name of the method
/// @param path   decoded path, without the query
/// @param query  decoded parameters in the order in which they came, empty values included
/// @param body   at most [HttpLimits#bodyBytes] long; empty when it is handed on
/// @param gzip   whether the client takes an answer that is packed with gzip
/// @param sender who asks
/// @param upload the body, for what [HttpRoutes.HttpRoute#streams] or came over a WebSocket; null when `body` is all
public record HttpRequest(
        String method,
        String path,
        Map<String, List<String>> query,
        byte[] body,
        boolean gzip,
        Sender sender,
        Upload upload) {
    /// A request whose answer is not to be packed.
    public HttpRequest(String method, String path, Map<String, List<String>> query, byte[] body) {
        this(method, path, query, body, false, Sender.UNKNOWN, null);
    }

    /// Reads the value of Accept-Encoding, `gzip;q=0.5, br` for example. As in etcd a star names nothing.
    ///
    /// @param accepted null when the header is missing
    public static boolean acceptsGzip(String accepted) {
        if (accepted == null) {
            return false;
        }
        for (String coding : accepted.split(",")) {
            String[] words = coding.strip().split("\\s*;\\s*");
            if (words[0].equalsIgnoreCase("gzip")) {
                return words.length == 1 || !words[1].matches("[qQ]=0(\\.0*)?");
            }
        }
        return false;
    }

    /// All values of `name`; none when it was not given.
    public List<String> values(String name) {
        return query.getOrDefault(name, List.of());
    }

    /// Whether the parameter was given, with or without a value.
    public boolean has(String name) {
        return query.containsKey(name);
    }

    /// The first value of `name`, empty when it was not given.
    public String first(String name) {
        List<String> values = values(name);
        return values.isEmpty() ? "" : values.getFirst();
    }

    /// Hides who asks.
    @Override
    public String toString() {
        return "HttpRequest[" + method + " " + path + "]";
    }
}
