package io.metastore.api.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/// Answers the requests of one connection one after the other, in their order, and ends a connection that is
/// idle, that sends too many requests ahead, or whose client does not read.
final class RequestQueue extends ChannelInboundHandlerAdapter {
    private final HttpRoutes routes;
    private final HttpLimits limits;
    private final Deque<RequestReader.Received> waiting = new ArrayDeque<>();
    private boolean answering;
    private ScheduledFuture<?> idle;

    RequestQueue(HttpRoutes routes, HttpLimits limits) {
        this.routes = routes;
        this.limits = limits;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        rest();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        RequestReader.Received received = (RequestReader.Received) message;
        if (!answering) {
            answer(ctx, received);
        } else if (waiting.size() < limits.pipelined()) {
            waiting.add(received);
            ctx.channel().config().setAutoRead(false);
        } else {
            ctx.close();
        }
    }

    private void answer(ChannelHandlerContext ctx, RequestReader.Received received) {
        answering = true;
        rest();
        if (received.answer() != null) {
            write(ctx, received, received.answer());
            return;
        }
        routes.answer(received.request(), limits.responseTime())
                .thenAcceptAsync(response -> write(ctx, received, response), ctx.executor());
    }

    private void write(ChannelHandlerContext ctx, RequestReader.Received received, HttpResponse response) {
        FullHttpResponse message = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(response.status()),
                Unpooled.wrappedBuffer(response.body()));
        response.headers().forEach(message.headers()::set);
        message.headers()
                .set(HttpHeaderNames.CONTENT_LENGTH, response.body().length)
                .set(HttpHeaderNames.DATE, HttpResponse.date())
                .set(
                        HttpHeaderNames.CONNECTION,
                        received.keepAlive() ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        expect(ctx, limits.idleTime());
        ctx.writeAndFlush(message).addListener((ChannelFutureListener) written -> {
            if (!written.isSuccess() || !received.keepAlive()) {
                ctx.close();
            } else {
                next(ctx);
            }
        });
    }

    private void next(ChannelHandlerContext ctx) {
        answering = false;
        RequestReader.Received received = waiting.poll();
        if (received != null) {
            answer(ctx, received);
            return;
        }
        expect(ctx, limits.idleTime());
        ctx.channel().config().setAutoRead(true);
    }

    /// Ends the connection unless something happens within `time`.
    private void expect(ChannelHandlerContext ctx, Duration time) {
        rest();
        idle = ctx.executor().schedule(() -> ctx.close(), time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void rest() {
        if (idle != null) {
            idle.cancel(false);
            idle = null;
        }
    }
}
