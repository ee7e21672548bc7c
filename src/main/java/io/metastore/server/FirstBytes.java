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
/// first on. Plain HTTP over HTTP/2, which clients agree on over TLS, is answered beside gRPC.
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
        port.tls().ifPresent(tls -> ctx.pipeline().addBefore(ctx.name(), null, tls.newHandler(ctx.alloc())));
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
    protected void decode(ChannelHandlerContext ctx, ByteBuf bytes, List<Object> out) {
        switch (Sniffed.of(bytes)) {
            case HTTP2 -> toGrpc(ctx);
            case HTTP1 -> toHttp(ctx);
            case TLS -> {
                port.complaints().tlsToPlaintext(ctx.channel());
                drop(ctx, bytes);
            }
            case UNKNOWN -> {
                port.complaints().unknown(ctx.channel());
                drop(ctx, bytes);
            }
            case UNDECIDED -> {}
        }
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
            port.http().serveBeside(grpc);
        }
        ctx.fireUserEventTriggered(event);
        ctx.pipeline().remove(this);
    }

    private void toHttp(ChannelHandlerContext ctx) {
        ChannelPipeline pipeline = ctx.pipeline();
        // Behind this handler waits gRPC's, which buffers what is written until negotiation ends: it has nothing to do
        // here.
        while (pipeline.last() != this) {
            pipeline.removeLast();
        }
        grpc.notifyUnused();
        port.http().serve(ctx.channel());
        pipeline.addLast(new PipelineEnd(port.complaints()));
        pipeline.remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        port.complaints().broken(ctx.channel(), cause);
        ctx.close();
    }
}
