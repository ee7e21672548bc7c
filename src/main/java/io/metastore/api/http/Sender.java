package io.metastore.api.http;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLSession;

/// Who sends a request, as far as the connection and the headers of the request tell.
///
/// @param address       of the connection, as in `10.0.0.7:40112` or `[::1]:40112`; empty where there is none
/// @param host          what the header Host says, or `:authority` of HTTP/2; empty when it is missing
/// @param origin        what the header Origin says, null when it is missing
/// @param authorization what the header Authorization says, null when it is missing
/// @param tls           of the connection, null when it is plain
public record Sender(String address, String host, String origin, String authorization, SSLSession tls) {
    /// Somebody of whom nothing is known.
    static final Sender UNKNOWN = new Sender("", "", null, null, null);

    /// @param connection whose pipeline may begin with TLS
    static Sender of(Channel connection, String host, String origin, String authorization) {
        SslHandler tls = connection.pipeline().get(SslHandler.class);
        String address = connection.remoteAddress() instanceof InetSocketAddress network
                ? NetUtil.toSocketAddressString(network)
                : "";
        return new Sender(
                address,
                host == null ? "" : host,
                origin,
                authorization,
                tls == null ? null : tls.engine().getSession());
    }

    /// The same with another header Authorization.
    Sender by(String shown) {
        return new Sender(address, host, origin, shown, tls);
    }

    /// The host without a port: `example.org` of `example.org:2379`, `::1` of `[::1]:2379`.
    String hostname() {
        boolean bracketed = host.startsWith("[");
        int end = bracketed ? host.indexOf(']') : host.lastIndexOf(':');
        boolean portFollows = bracketed ? end > 0 && host.startsWith(":", end + 1) : end >= 0;
        // As in Go's SplitHostPort, what has no port stays as it is.
        if (!portFollows || !bracketed && host.indexOf(':') != end) {
            return host;
        }
        return host.substring(bracketed ? 1 : 0, end);
    }

    /// Hides who asks.
    @Override
    public String toString() {
        return "Sender[" + address + "]";
    }
}
