package io.metastore.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
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

/// Puts the parts of a request together and passes [Received] on, as long as the client keeps to its limits. A request
/// that is answered while its body comes is passed on with its head.
final class RequestReader extends ChannelInboundHandlerAdapter {
    /// A request, or the answer that is known without asking anybody.
    ///
    /// @param request   null when there is an answer
    /// @param answer    null when there is a request
    /// @param keepAlive whether the connection goes on afterwards
    /// @param handshake what asks for a WebSocket, null when nothing does
    record Received(HttpRequest request, HttpResponse answer, boolean keepAlive, Handshake handshake) {
        Received(HttpRequest request, HttpResponse answer, boolean keepAlive) {
            this(request, answer, keepAlive, null);
        }

        /// Whether the client has sent all of the request.
        boolean isWhole() {
            return request == null
                    || request.upload() == null
                    || request.upload().isEnded();
        }
    }

    private final HttpRoutes routes;
    private final HttpLimits limits;
    private io.netty.handler.codec.http.HttpRequest head;
    private RequestTarget target;
    private ByteBuf body = Unpooled.EMPTY_BUFFER;
    private ScheduledFuture<?> deadline;
    private boolean refused;
    /// Takes the body of the present request, null when it is put together here.
    private Upload upload;

    RequestReader(HttpRoutes routes, HttpLimits limits) {
        this.routes = routes;
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
        if (upload != null) {
            upload.cut();
        }
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
        if (!refused && target instanceof RequestTarget.Page page && streams(page)) {
            forget();
            upload = upload(ctx);
            ctx.fireChannelRead(
                    new Received(request(ctx, page, new byte[0], upload), null, HttpUtil.isKeepAlive(request)));
        }
    }

    private boolean streams(RequestTarget.Page page) {
        return head.method().equals(HttpMethod.POST) && routes.streams(page.path());
    }

    private Upload upload(ChannelHandlerContext ctx) {
        return new Upload(
                ctx.executor(), limits.bodyBytes(), () -> ctx.channel().config().setAutoRead(true));
    }

    private void append(ChannelHandlerContext ctx, HttpContent content) {
        if (content.decoderResult().isFailure()) {
            if (upload == null) {
                refuse(ctx, status(content.decoderResult()));
            } else {
                ctx.close();
            }
            return;
        }
        if (upload != null) {
            handOn(ctx, content);
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

    private void handOn(ChannelHandlerContext ctx, HttpContent content) {
        if (!upload.offer(ByteBufUtil.getBytes(content.content()))) {
            ctx.close();
        } else if (content instanceof LastHttpContent) {
            Upload ended = upload;
            upload = null;
            ended.end();
        } else if (upload.isHeld()) {
            ctx.channel().config().setAutoRead(false);
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
                    case RequestTarget.Page page
                    when Handshake.isAskedFor(head) && routes.webSockets(page.path()) -> {
                        Upload messages = upload(ctx);
                        Handshake handshake = Handshake.of(head, messages);
                        yield new Received(
                                handshake.request(request(ctx, page, bytes, messages)), null, false, handshake);
                    }
                    case RequestTarget.Page page -> new Received(request(ctx, page, bytes, null), null, goesOn);
                    case RequestTarget.Answered(var response, var _) -> new Received(null, response, goesOn);
                });
    }

    private HttpRequest request(ChannelHandlerContext ctx, RequestTarget.Page page, byte[] bytes, Upload parts) {
        return new HttpRequest(
                head.method().name(),
                page.path(),
                page.query(),
                bytes,
                HttpRequest.acceptsGzip(head.headers().get(HttpHeaderNames.ACCEPT_ENCODING)),
                Sender.of(
                        ctx.channel(),
                        head.headers().get(HttpHeaderNames.HOST),
                        head.headers().get(HttpHeaderNames.ORIGIN),
                        head.headers().get(HttpHeaderNames.AUTHORIZATION)),
                parts);
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
