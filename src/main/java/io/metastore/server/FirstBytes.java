package io.metastore.server;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.InternalChannelz;
import io.grpc.SecurityLevel;
import io.grpc.internal.GrpcAttributes;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;

/// Looks at what a new connection says first, and hands it to gRPC or to HTTP/1.1. Both get all bytes from the
/// first on. Where a port speaks both, the first bytes also say whether TLS begins. Plain HTTP over HTTP/2, which
/// clients agree on over TLS, is answered beside gRPC.
///
/// A connection that says nothing for a while is cut, so that it costs little and not for long.
final class FirstBytes extends ByteToMessageDecoder {
    private final GrpcHttp2ConnectionHandler grpc;
    private final PortSharing port;
    private ScheduledFuture<?> silence;

    FirstBytes(GrpcHttp2ConnectionHandler grpc, PortSharing port) {
        this.grpc = grpc;
        this.port = port;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        silence = ctx.executor()
                .schedule(() -> ctx.close(), port.undecided().patience().toMillis(), TimeUnit.MILLISECONDS);
        if (!port.undecided().enter()) {
            port.complaints().tooMany(ctx.channel());
            ctx.close();
            return;
        }
        if (!port.plain()) {
            secure(ctx);
        }
    }

    private SslHandler secure(ChannelHandlerContext ctx) {
        SslHandler handler = port.tls().orElseThrow().newHandler(ctx.channel());
        ctx.pipeline().addBefore(ctx.name(), null, handler);
        return handler;
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        silence.cancel(false);
        port.undecided().leave();
    }

    /// The end of a TLS handshake. With `h2` agreed on there is nothing left to look at; otherwise the bytes
    /// tell.
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (!handshake.isSuccess()) {
                port.complaints().handshakeFailed(ctx.channel(), handshake.cause());
                ctx.close();
                return;
            }
            SslHandler tls = ctx.pipeline().get(SslHandler.class);
            if (ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
                toGrpc(ctx);
                return;
            }
        }
        super.userEventTriggered(ctx, event);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf bytes, List<Object> out) throws Exception {
        switch (Sniffed.of(bytes)) {
            case HTTP2 -> toGrpc(ctx);
            case HTTP1 -> toHttp(ctx);
            case TLS -> {
                if (port.tls().isPresent() && ctx.pipeline().get(SslHandler.class) == null) {
                    beginTls(ctx, bytes);
                } else {
                    port.complaints().tlsToPlaintext(ctx.channel());
                    drop(ctx, bytes);
                }
            }
            case UNKNOWN -> {
                port.complaints().unknown(ctx.channel());
                drop(ctx, bytes);
            }
            case UNDECIDED -> {}
        }
    }

    /// Puts TLS before this handler and has it read what came: a handshake begins with the client's word, so
    /// nothing comes back from it here before more was read.
    private void beginTls(ChannelHandlerContext ctx, ByteBuf bytes) throws Exception {
        SslHandler handler = secure(ctx);
        handler.channelRead(ctx.pipeline().context(handler), bytes.readBytes(bytes.readableBytes()));
    }

    private static void drop(ChannelHandlerContext ctx, ByteBuf bytes) {
        bytes.skipBytes(bytes.readableBytes());
        ctx.close();
    }

    /// What grpc-java's own negotiators do at their end: tell where the connection comes from and how safe it
    /// is, which puts gRPC's handler in place.
    private void toGrpc(ChannelHandlerContext ctx) {
        Channel channel = ctx.channel();
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        Attributes.Builder attributes = Attributes.newBuilder()
                .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, channel.remoteAddress())
                .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, channel.localAddress())
                .set(
                        GrpcAttributes.ATTR_SECURITY_LEVEL,
                        tls == null ? SecurityLevel.NONE : SecurityLevel.PRIVACY_AND_INTEGRITY);
        var event = InternalProtocolNegotiationEvent.getDefault();
        if (tls != null) {
            SSLSession session = tls.engine().getSession();
            attributes.set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session);
            event = InternalProtocolNegotiationEvent.withSecurity(
                    event, new InternalChannelz.Security(new InternalChannelz.Tls(session)));
        }
        event = InternalProtocolNegotiationEvent.withAttributes(event, attributes.build());
        ctx.pipeline().addAfter(ctx.name(), null, InternalProtocolNegotiators.grpcNegotiationHandler(grpc));
        ctx.pipeline().addAfter(ctx.name(), null, StreamFaults.before(grpc));
        if (tls != null) {
            // In plaintext HTTP/2 is gRPC's alone, as in etcd.
            port.http().ifPresent(http -> http.serveBeside(grpc));
        }
        ctx.fireUserEventTriggered(event);
        ctx.pipeline().remove(this);
    }

    private void toHttp(ChannelHandlerContext ctx) {
        if (port.http().isEmpty()) {
            ctx.close();
            return;
        }
        ChannelPipeline pipeline = ctx.pipeline();
        // Behind this handler waits gRPC's, which buffers what is written until negotiation ends: it has nothing to do
        // here.
        while (pipeline.last() != this) {
            pipeline.removeLast();
        }
        grpc.notifyUnused();
        port.http().get().serve(ctx.channel());
        pipeline.addLast(new PipelineEnd(port.complaints()));
        pipeline.remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        port.complaints().broken(ctx.channel(), cause);
        ctx.close();
    }
}
