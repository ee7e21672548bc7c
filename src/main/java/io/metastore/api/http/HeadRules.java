package io.metastore.api.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Optional;

/// What Go's HTTP server demands of the head of a request beyond what Netty's decoder does. A request that two
/// servers of a chain read differently is a way past the first one.
///
/// Netty is stricter than Go in this: both a length and chunks, a length said twice, a line that ends without a
/// carriage return. That stays.
final class HeadRules {
    private static final String HOST_MARKS = "!$%&'()*+,-.:;=[]_~";

    private HeadRules() {}

    /// Why the request cannot be taken; its connection then ends.
    static Optional<HttpResponse> refusal(HttpRequest head) {
        HttpVersion version = head.protocolVersion();
        if (version.majorVersion() != 1) {
            return Optional.of(HttpResponse.error(505, version.text() + " is not spoken here, HTTP/1.1 is"));
        }
        boolean old = version.minorVersion() == 0;
        List<String> hosts = head.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1) {
            return bad("more than one Host header");
        }
        if (hosts.isEmpty() && !old && !head.method().name().equals("CONNECT")) {
            return bad("missing required Host header");
        }
        if (!hosts.isEmpty() && !hosts.getFirst().chars().allMatch(HeadRules::isOfHost)) {
            return bad("malformed Host header");
        }
        return unknownEncoding(head);
    }

    /// The refusal of a body that comes in another form than chunks, which Netty's decoder takes for a malformed one.
    static Optional<HttpResponse> unknownEncoding(HttpRequest head) {
        List<String> encodings = head.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
        boolean chunks =
                encodings.size() == 1 && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(encodings.getFirst());
        return encodings.isEmpty() || chunks
                ? Optional.empty()
                : Optional.of(HttpResponse.error(501, "Unsupported transfer encoding"));
    }

    private static Optional<HttpResponse> bad(String text) {
        return Optional.of(HttpResponse.error(400, text));
    }

    private static boolean isOfHost(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || HOST_MARKS.indexOf(c) >= 0;
    }
}
