package io.metastore.api.http;

import java.util.List;
import java.util.Map;

/// One request over HTTP/1.1, read as a whole.
///
/// @param method upper-case name of the method
/// @param path   decoded path, without the query
/// @param query  decoded parameters in the order in which they came, empty values included
/// @param body   at most [HttpLimits#bodyBytes] long
public record HttpRequest(String method, String path, Map<String, List<String>> query, byte[] body) {
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
}
