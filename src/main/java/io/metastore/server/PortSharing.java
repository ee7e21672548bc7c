package io.metastore.server;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator;
import io.metastore.api.http.HttpServing;
import io.metastore.server.tls.TlsOffer;
import io.netty.channel.ChannelHandler;
import io.netty.util.AsciiString;
import java.util.Optional;

/// Lets gRPC and HTTP/1.1 share a port (GWY-01): every connection that grpc-java's server accepts goes through
/// [FirstBytes] before gRPC sees it. What grpc-java does with it afterwards (keepalive, limits, shutdown) is
/// untouched.
///
/// @param http  answers what is not gRPC's; empty where gRPC alone is spoken
/// @param plain whether a connection may do without TLS: where no TLS is offered, and where one port was named
///              with http and https
record PortSharing(
        Optional<HttpServing> http,
        Optional<TlsOffer> tls,
        boolean plain,
        Undecided undecided,
        ConnectionLimit connections,
        Complaints complaints)
        implements InternalProtocolNegotiator.ProtocolNegotiator {
    @Override
    public AsciiString scheme() {
        return AsciiString.of(tls.isPresent() ? "https" : "http");
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
        return new FirstBytes(grpc, this);
    }

    @Override
    public void close() {
        // The server that stops closes its connections itself; what speaks HTTP/1.1 is closed by HttpServing.
    }
}
