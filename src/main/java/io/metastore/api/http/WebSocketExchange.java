package io.metastore.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/// One request over a WebSocket: the client's messages are the parts of its body, each line of the answer is a message
/// (GWY-08). The socket is closed after the last one.
///
/// A client that does not read what is written to it is cut after [HttpLimits#idleTime], as over HTTP.
final class WebSocketExchange extends ChannelInboundHandlerAdapter {
    private static final byte LINE_END = '\n';

    private final Upload messages;
    private final HttpLimits limits;
    /// The answer that is being written part by part, null when none is.
    private HttpStream streaming;
    private ScheduledFuture<?> deadline;
    private boolean over;

    private WebSocketExchange(Upload messages, HttpLimits limits) {
        this.messages = messages;
        this.limits = limits;
    }

    /// Agrees on a WebSocket and takes the connection over from `queue`, which has received what asks for one.
    /// Called on the event loop.
    static void begin(
            ChannelHandlerContext queue, RequestReader.Received received, HttpRoutes routes, HttpLimits limits) {
        Handshake asked = received.handshake();
        WebSocketServerHandshaker handshaker = new WebSocketServerHandshakerFactory(
                        null, Handshake.BEARER, false, limits.bodyBytes())
                .newHandshaker(asked.head());
        if (handshaker == null) {
            WebSocketServerHandshakerFactory.sendUnsupportedVersionResponse(queue.channel())
                    .addListener(ChannelFutureListener.CLOSE);
            return;
        }
        WebSocketExchange exchange = new WebSocketExchange(asked.messages(), limits);
        ChannelFuture agreed;
        try {
            agreed = handshaker.handshake(queue.channel(), asked.head());
        } catch (RuntimeException malformed) { // a key is missing, for example
            queue.fireExceptionCaught(malformed);
            queue.close();
            return;
        }
        queue.pipeline().addBefore(queue.name(), "messages", new WebSocketFrameAggregator(limits.bodyBytes()));
        queue.pipeline().addAfter(queue.name(), "exchange", exchange);
        ChannelHandlerContext ctx = queue.pipeline().context(exchange);
        queue.pipeline().remove(RequestReader.class);
        queue.pipeline().remove(queue.handler());
        ctx.channel().config().setAutoRead(true);
        agreed.addListener(done -> {
            if (done.isSuccess()) {
                routes.answer(received.request(), limits.responseTime())
                        .thenAcceptAsync(response -> exchange.write(ctx, response), ctx.executor());
            } else {
                ctx.close();
            }
        });
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            switch ((WebSocketFrame) message) {
                case TextWebSocketFrame text -> received(ctx, text.content());
                case BinaryWebSocketFrame binary -> received(ctx, binary.content());
                case PingWebSocketFrame ping ->
                    ctx.writeAndFlush(new PongWebSocketFrame(ping.content().retain()));
                case CloseWebSocketFrame _ -> close(ctx, WebSocketCloseStatus.NORMAL_CLOSURE);
                default -> {} // a pong that nobody asked for
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void received(ChannelHandlerContext ctx, ByteBuf text) {
        // A line end keeps apart what two messages end and begin with.
        byte[] part = Arrays.copyOf(ByteBufUtil.getBytes(text), text.readableBytes() + 1);
        part[part.length - 1] = LINE_END;
        if (!messages.offer(part)) {
            close(ctx, WebSocketCloseStatus.MESSAGE_TOO_BIG);
        } else if (messages.isHeld()) {
            ctx.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        rest();
        over();
    }

    private void over() {
        over = true;
        messages.cut();
        if (streaming != null) {
            HttpStream open = streaming;
            streaming = null;
            open.cancelled();
        }
    }

    private void write(ChannelHandlerContext ctx, HttpResponse response) {
        if (response.stream().isEmpty()) {
            send(ctx, response.body(), () -> close(ctx, WebSocketCloseStatus.NORMAL_CLOSURE));
            return;
        }
        HttpStream body = response.stream().get();
        if (over) {
            body.cancelled();
            return;
        }
        streaming = body;
        body.start(new HttpStream.Out() {
            @Override
            public void write(byte[] part, Runnable written) {
                ctx.executor().execute(() -> {
                    if (streaming == body) {
                        send(ctx, part, written);
                    }
                });
            }

            @Override
            public void end() {
                ctx.executor().execute(() -> {
                    if (streaming == body) {
                        streaming = null;
                        close(ctx, WebSocketCloseStatus.NORMAL_CLOSURE);
                    }
                });
            }
        });
    }

    /// Sends a line as a message without its end.
    private void send(ChannelHandlerContext ctx, byte[] line, Runnable written) {
        if (over) {
            return;
        }
        int length = line.length > 0 && line[line.length - 1] == LINE_END ? line.length - 1 : line.length;
        expect(ctx);
        ctx.writeAndFlush(new TextWebSocketFrame(Unpooled.wrappedBuffer(line, 0, length)))
                .addListener((ChannelFutureListener) done -> {
                    if (!done.isSuccess()) {
                        ctx.close();
                    } else if (!over) {
                        rest();
                        written.run();
                    }
                });
    }

    /// Ends the connection unless the client reads in time.
    private void expect(ChannelHandlerContext ctx) {
        rest();
        deadline = ctx.executor().schedule(() -> ctx.close(), limits.idleTime().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void rest() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    private void close(ChannelHandlerContext ctx, WebSocketCloseStatus status) {
        expect(ctx);
        over();
        ctx.writeAndFlush(new CloseWebSocketFrame(status)).addListener(ChannelFutureListener.CLOSE);
    }
}
