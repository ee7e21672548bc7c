package io.metastore.api.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Answers the requests of one connection one after the other, in their order, and ends a connection that is
/// idle, that sends too many requests ahead, or whose client does not read.
final class RequestQueue extends ChannelInboundHandlerAdapter {
    private final HttpRoutes routes;
    private final HttpLimits limits;
    private final Deque<RequestReader.Received> waiting = new ArrayDeque<>();
    private boolean answering;
    /// The body that is being written part by part, null when none is.
    private HttpStream streaming;
    /// Whether nobody knows where that body ends.
    private boolean endless;

    private ScheduledFuture<?> idle;

    RequestQueue(HttpRoutes routes, HttpLimits limits) {
        this.routes = routes;
        this.limits = limits;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        rest();
        if (streaming != null) {
            HttpStream open = streaming;
            streaming = null;
            open.cancelled();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        RequestReader.Received received = (RequestReader.Received) message;
        if (!answering) {
            answer(ctx, received);
        } else if (streaming != null && endless && waiting.isEmpty()) {
            // Reading goes on: it tells that the client is gone.
            waiting.add(received);
        } else if ((streaming == null || !endless) && waiting.size() < limits.pipelined()) {
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
        if (received.handshake() != null) {
            Optional<HttpResponse> refusal = routes.refusal(received.request());
            if (refusal.isPresent()) {
                write(ctx, received, refusal.get());
            } else {
                WebSocketExchange.begin(ctx, received, routes, limits);
            }
            return;
        }
        routes.answer(received.request(), limits.responseTime())
                .thenAcceptAsync(response -> write(ctx, received, response), ctx.executor());
    }

    private void write(ChannelHandlerContext ctx, RequestReader.Received received, HttpResponse response) {
        if (response.stream().isPresent()) {
            stream(ctx, received, response, response.stream().get());
            return;
        }
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
        ctx.writeAndFlush(message).addListener(answered(ctx, received));
    }

    private ChannelFutureListener answered(ChannelHandlerContext ctx, RequestReader.Received received) {
        return written -> {
            // As in Go, a client that goes on with its request after the answer is cut.
            if (!written.isSuccess() || !received.keepAlive() || !received.isWhole()) {
                ctx.close();
            } else {
                next(ctx);
            }
        };
    }

    private void stream(
            ChannelHandlerContext ctx, RequestReader.Received received, HttpResponse response, HttpStream body) {
        if (ctx.isRemoved() || !ctx.channel().isActive()) {
            body.cancelled();
            return;
        }
        DefaultHttpResponse head =
                new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(response.status()));
        response.headers().forEach(head.headers()::set);
        endless = !HttpUtil.isContentLengthSet(head);
        HttpUtil.setTransferEncodingChunked(head, endless);
        head.headers()
                .set(HttpHeaderNames.DATE, HttpResponse.date())
                .set(
                        HttpHeaderNames.CONNECTION,
                        received.keepAlive() ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        streaming = body;
        if (endless) {
            ctx.channel().config().setAutoRead(true);
        }
        ctx.writeAndFlush(head);
        body.start(new HttpStream.Out() {
            @Override
            public void write(byte[] part, Runnable written) {
                ctx.executor().execute(() -> part(ctx, body, part, written));
            }

            @Override
            public void end() {
                ctx.executor().execute(() -> {
                    if (streaming == body) {
                        streaming = null;
                        expect(ctx, limits.idleTime());
                        ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(answered(ctx, received));
                    }
                });
            }
        });
    }

    /// Writes a part. A client that does not read it in time is cut, which cancels the rest.
    private void part(ChannelHandlerContext ctx, HttpStream body, byte[] part, Runnable written) {
        if (streaming != body) {
            return;
        }
        expect(ctx, limits.idleTime());
        ctx.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(part)))
                .addListener((ChannelFutureListener) done -> {
                    if (!done.isSuccess()) {
                        ctx.close();
                    } else if (streaming == body) {
                        rest();
                        written.run();
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
