package io.metastore.api.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Serves HTTP on connections that somebody else accepted, within [HttpLimits].
public final class HttpServing implements AutoCloseable {
    private final HttpRoutes routes;
    private final HttpLimits limits;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger streams = new AtomicInteger();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private volatile boolean stopping;

    public HttpServing(HttpRoutes routes, HttpLimits limits) {
        this.routes = routes;
        this.limits = limits;
    }

    /// Connections that speak HTTP/1.1 now.
    public int connections() {
        return open.get();
    }

    /// Takes over `channel`, whose pipeline ends here: appends what HTTP/1.1 needs. What breaks the connection is
    /// left to a handler behind that, which closes it. Called on the channel's event loop.
    public void serve(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(new HttpServerCodec(new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.lineBytes())
                .setMaxHeaderSize(limits.headerBytes())
                .setMaxChunkSize(8 << 10)));
        if (!enter(channel)) {
            refuse(channel);
            return;
        }
        pipeline.addLast(new RequestReader(routes, limits), new RequestQueue(routes, limits));
    }

    /// Takes over `channel`, which has agreed on HTTP/2 and whose pipeline ends here. Called on the channel's event
    /// loop.
    public void serveHttp2(Channel channel) {
        if (!enter(channel)) {
            channel.close();
            return;
        }
        Http2ConnectionHandler connection = new Http2ConnectionHandlerBuilder()
                .server(true)
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(limits.streams())
                        .maxHeaderListSize(2 * limits.headerBytes()))
                .frameListener(new Http2FrameAdapter())
                .build();
        Http2Requests.installOn(connection, _ -> false, routes, limits, streams);
        IdleStateHandler idle = new IdleStateHandler(0, 0, limits.idleTime().toSeconds(), TimeUnit.SECONDS) {
            @Override
            protected void channelIdle(ChannelHandlerContext ctx, IdleStateEvent event) {
                ctx.close();
            }
        };
        channel.pipeline().addLast(idle, connection);
    }

    private boolean enter(Channel channel) {
        channel.closeFuture().addListener(_ -> open.decrementAndGet());
        if (open.incrementAndGet() > limits.connections() || stopping) {
            return false;
        }
        channels.add(channel);
        return true;
    }

    /// Answers what is not gRPC's on a connection of HTTP/2 that is gRPC's; whoever closes the connection ends this,
    /// too. Called on the event loop, before the first frame is read.
    public void serveBeside(Http2ConnectionHandler grpc) {
        Http2Requests.installOn(grpc, Http2Requests::isGrpc, routes, limits, streams);
    }

    private static void refuse(Channel channel) {
        DefaultFullHttpResponse busy = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.SERVICE_UNAVAILABLE, Unpooled.EMPTY_BUFFER);
        busy.headers()
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE)
                .setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
        channel.config().setAutoRead(false);
        channel.writeAndFlush(busy).addListener(ChannelFutureListener.CLOSE);
    }

    /// Cuts all connections; those that come later are refused.
    @Override
    public void close() {
        stopping = true;
        channels.close().awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
