package io.metastore.api.http;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// What is looked at before any route: which hosts a plain request may be meant for, scripts of which origins a browser
/// may let read the answer, and whether a certificate's name would be mistaken for a user (GWY-10 to GWY-12).
///
/// @param hosts   names that a request may be meant for, `*` for all
/// @param origins origins whose scripts may read answers, `*` for all
/// @param named   whether a request shows a name that it will not be taken for
public record AccessRules(Set<String> hosts, Set<String> origins, Predicate<HttpRequest> named) {
    private static final String ALL = "*";

    public AccessRules {
        hosts = Set.copyOf(hosts);
        origins = Set.copyOf(origins);
    }

    /// Why a request is refused. A page of another site can make a browser send one to a name that leads here; over TLS
    /// the certificate stands in the way.
    Optional<HttpResponse> refusal(HttpRequest request) {
        Sender sender = request.sender();
        if (sender.tls() == null) {
            String host = sender.hostname();
            return contains(hosts, host) ? Optional.empty() : Optional.of(HttpResponse.error(421, unknown(host)));
        }
        return named.test(request)
                ? Optional.of(HttpResponse.error(
                        400,
                        "CommonName of client sending a request against gateway will be ignored and not used as"
                                + " expected"))
                : Optional.empty();
    }

    /// What the answer to a request tells a browser.
    Map<String, String> headers(HttpRequest request) {
        String origin = request.sender().origin();
        if (contains(origins, ALL)) {
            return allowing(ALL);
        }
        return origin != null && origins.contains(origin) ? allowing(origin) : Map.of();
    }

    private static boolean contains(Set<String> names, String name) {
        return names.isEmpty() || names.contains(ALL) || names.contains(name);
    }

    private static Map<String, String> allowing(String origin) {
        return Map.of(
                "access-control-allow-methods", "POST, GET, OPTIONS, PUT, DELETE",
                "access-control-allow-origin", origin,
                "access-control-allow-headers", "accept, content-type, authorization");
    }

    private static String unknown(String host) {
        return """

                etcd received your request, but the Host header was unrecognized.

                To fix this, choose one of the following options:
                - Enable TLS, then any HTTPS request will be allowed.
                - Add the hostname you want to use to the whitelist in settings.
                  - e.g. etcd --host-whitelist "%s"
                """.formatted(host);
    }
}
