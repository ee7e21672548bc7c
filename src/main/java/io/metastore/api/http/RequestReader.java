package io.metastore.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Puts the parts of a request together and passes [Received] on, as long as the client keeps to its limits.
final class RequestReader extends ChannelInboundHandlerAdapter {
    /// A request, or the answer that is known without asking anybody.
    ///
    /// @param request   null when there is an answer
    /// @param answer    null when there is a request
    /// @param keepAlive whether the connection goes on afterwards
    record Received(HttpRequest request, HttpResponse answer, boolean keepAlive) {}

    private final HttpLimits limits;
    private io.netty.handler.codec.http.HttpRequest head;
    private RequestTarget target;
    private ByteBuf body = Unpooled.EMPTY_BUFFER;
    private ScheduledFuture<?> deadline;
    private boolean refused;

    RequestReader(HttpLimits limits) {
        this.limits = limits;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        // The first byte is here or about to come: a client that sends nothing more is cut as a slow one is.
        expect(ctx);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        forget();
        body.release();
        body = Unpooled.EMPTY_BUFFER;
    }

    /// The request must be complete in time. For all requests but the first this counts from the end of the
    /// headers; until then the time of an idle connection runs on, which bytes do not put off (see
    /// [RequestQueue]).
    private void expect(ChannelHandlerContext ctx) {
        if (deadline == null) {
            deadline = ctx.executor()
                    .schedule(() -> late(ctx), limits.requestTime().toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void late(ChannelHandlerContext ctx) {
        deadline = null;
        refuse(ctx, HttpResponseStatus.REQUEST_TIMEOUT);
    }

    private void forget() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (refused) {
                return;
            }
            if (message instanceof io.netty.handler.codec.http.HttpRequest request) {
                begin(ctx, request);
            }
            if (!refused && message instanceof HttpContent content) {
                append(ctx, content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(ChannelHandlerContext ctx, io.netty.handler.codec.http.HttpRequest request) {
        head = request;
        expect(ctx);
        if (request.decoderResult().isFailure()) {
            Optional<HttpResponse> encoding = HeadRules.unknownEncoding(request);
            if (encoding.isPresent()) {
                refuse(ctx, encoding.get());
            } else {
                refuse(ctx, status(request.decoderResult()));
            }
            return;
        }
        Optional<HttpResponse> refusal = HeadRules.refusal(request);
        target = RequestTarget.of(request.method().name(), request.uri());
        if (refusal.isPresent()) {
            refuse(ctx, refusal.get());
        } else if (target instanceof RequestTarget.Answered answered && !answered.goesOn()) {
            refuse(ctx, answered.response());
        } else if (HttpUtil.getContentLength(request, 0L) > limits.bodyBytes()) {
            refuse(ctx, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
        } else if (HttpUtil.is100ContinueExpected(request)) {
            ctx.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        } else if (request.headers().contains(HttpHeaderNames.EXPECT)) {
            refuse(ctx, HttpResponseStatus.EXPECTATION_FAILED);
        }
    }

    private void append(ChannelHandlerContext ctx, HttpContent content) {
        if (content.decoderResult().isFailure()) {
            refuse(ctx, status(content.decoderResult()));
            return;
        }
        int bytes = content.content().readableBytes();
        if (body.readableBytes() + bytes > limits.bodyBytes()) {
            refuse(ctx, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
            return;
        }
        if (bytes > 0) {
            if (!body.isWritable(bytes)) {
                grow(ctx, bytes);
            }
            body.writeBytes(content.content());
        }
        if (content instanceof LastHttpContent) {
            end(ctx);
        }
    }

    private void grow(ChannelHandlerContext ctx, int bytes) {
        int wanted = Math.max(body.readableBytes() + bytes, 2 * body.capacity());
        ByteBuf larger = ctx.alloc().buffer(Math.min(wanted, limits.bodyBytes()), limits.bodyBytes());
        larger.writeBytes(body);
        body.release();
        body = larger;
    }

    private void end(ChannelHandlerContext ctx) {
        forget();
        byte[] bytes = new byte[body.readableBytes()];
        body.readBytes(bytes);
        body.release();
        body = Unpooled.EMPTY_BUFFER;
        boolean goesOn = HttpUtil.isKeepAlive(head);
        ctx.fireChannelRead(
                switch (target) {
                    case RequestTarget.Page(var path, var query) ->
                        new Received(
                                new HttpRequest(
                                        head.method().name(),
                                        path,
                                        query,
                                        bytes,
                                        HttpRequest.acceptsGzip(head.headers().get(HttpHeaderNames.ACCEPT_ENCODING)),
                                        Sender.of(
                                                ctx.channel(),
                                                head.headers().get(HttpHeaderNames.HOST),
                                                head.headers().get(HttpHeaderNames.ORIGIN),
                                                head.headers().get(HttpHeaderNames.AUTHORIZATION))),
                                null,
                                goesOn);
                    case RequestTarget.Answered(var response, var _) -> new Received(null, response, goesOn);
                });
    }

    private void refuse(ChannelHandlerContext ctx, HttpResponseStatus status) {
        refuse(ctx, HttpResponse.error(status.code(), status.reasonPhrase()));
    }

    private void refuse(ChannelHandlerContext ctx, HttpResponse answer) {
        refused = true;
        forget();
        ctx.fireChannelRead(new Received(null, answer, false));
    }

    private static HttpResponseStatus status(DecoderResult result) {
        return switch (result.cause()) {
            case TooLongHttpLineException _ -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
            case TooLongHttpHeaderException _ -> HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
            case TooLongFrameException _ -> HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE;
            default -> HttpResponseStatus.BAD_REQUEST;
        };
    }
}
