package io.metastore.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;

/// Where a server listens.
///
/// @param tls  whether the URL says https
public record Endpoint(String host, int port, boolean tls) {
    /// Reads `host:port`, `http://host:port` or `https://host:port`, several with commas between.
    ///
    /// @throws UsageException saying what is written otherwise
    public static List<Endpoint> parse(String text) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            endpoints.add(one(part.strip()));
        }
        return endpoints;
    }

    private static Endpoint one(String text) {
        String url = text.contains("://") ? text : "http://" + text;
        try {
            URI uri = new URI(url);
            String scheme = uri.getScheme();
            if (uri.getHost() == null || uri.getPort() < 1 || !(scheme.equals("http") || scheme.equals("https"))) {
                throw bad(text);
            }
            return new Endpoint(uri.getHost(), uri.getPort(), scheme.equals("https"));
        } catch (URISyntaxException e) {
            throw bad(text);
        }
    }

    private static UsageException bad(String text) {
        return new UsageException(
                "--endpoints has '" + text + "', but must be host:port, http://host:port or https://host:port");
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
