package io.metastore.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// Answers plain HTTP on a connection of HTTP/2 that belongs to gRPC: a stream whose content type is not gRPC's is
/// kept from gRPC and answered by [HttpRoutes], like etcd's (GWY-01). curl, browsers and Prometheus agree on
/// HTTP/2 whenever TLS offers it.
///
/// A gRPC call costs one comparison of its content type, and one look at a number for each of its frames of data.
/// All methods are called on the connection's event loop.
final class Http2Requests extends Http2FrameListenerDecorator {
    private static final AsciiString GRPC = AsciiString.cached("application/grpc");

    private final Http2ConnectionHandler connection;
    private final Predicate<CharSequence> others;
    private final HttpRoutes routes;
    private final HttpLimits limits;
    private final AtomicInteger everywhere;
    private final Http2Connection.PropertyKey key;
    private int open;
    private int bodyBytes;

    /// Puts itself before the listener that `connection` has.
    ///
    /// @param others     which content types are left to that listener
    /// @param everywhere requests over HTTP/2 that are under way, on all connections
    static void installOn(
            Http2ConnectionHandler connection,
            Predicate<CharSequence> others,
            HttpRoutes routes,
            HttpLimits limits,
            AtomicInteger everywhere) {
        Http2Requests requests = new Http2Requests(connection, others, routes, limits, everywhere);
        connection.decoder().frameListener(requests);
        connection.connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                if (stream.getProperty(requests.key) instanceof Exchange exchange) {
                    exchange.closed();
                }
            }
        });
    }

    private Http2Requests(
            Http2ConnectionHandler connection,
            Predicate<CharSequence> others,
            HttpRoutes routes,
            HttpLimits limits,
            AtomicInteger everywhere) {
        super(connection.decoder().frameListener());
        this.connection = connection;
        this.others = others;
        this.routes = routes;
        this.limits = limits;
        this.everywhere = everywhere;
        this.key = connection.connection().newKey();
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx,
            int streamId,
            Http2Headers headers,
            int streamDependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream)
            throws Http2Exception {
        boolean grpc = others.test(headers.get(HttpHeaderNames.CONTENT_TYPE));
        if (grpc && open == 0) {
            super.onHeadersRead(ctx, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
            return;
        }
        Http2Stream stream = connection.connection().stream(streamId);
        Exchange exchange = stream.getProperty(key);
        if (exchange != null) { // trailers
            exchange.ended(endOfStream);
        } else if (grpc || headers.path() == null) { // trailers of a call
            super.onHeadersRead(ctx, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
        } else {
            begin(ctx, stream, headers, endOfStream);
        }
    }

    static boolean isGrpc(CharSequence type) {
        return type != null
                && type.length() >= GRPC.length()
                && AsciiString.regionMatches(GRPC, false, 0, type, 0, GRPC.length());
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        if (open > 0 && connection.connection().stream(streamId).getProperty(key) instanceof Exchange exchange) {
            int bytes = data.readableBytes() + padding;
            exchange.append(data);
            exchange.ended(endOfStream);
            return exchange.taken(bytes);
        }
        return super.onDataRead(ctx, streamId, data, padding, endOfStream);
    }

    private void begin(ChannelHandlerContext ctx, Http2Stream stream, Http2Headers headers, boolean endOfStream) {
        if (open >= limits.streams()) {
            // The client knows that nothing was done, and sends the request again.
            connection.resetStream(ctx, stream.id(), Http2Error.REFUSED_STREAM.code(), ctx.newPromise());
            return;
        }
        open++;
        boolean busy = everywhere.incrementAndGet() > limits.connections();
        String method = headers.method() == null ? "" : headers.method().toString();
        String target = headers.path().toString();
        boolean gzip = HttpRequest.acceptsGzip(text(headers.get(HttpHeaderNames.ACCEPT_ENCODING)));
        Exchange exchange = new Exchange(
                ctx,
                stream,
                method,
                RequestTarget.of(method, target),
                gzip,
                Sender.of(
                        ctx.channel(),
                        text(headers.authority() == null ? headers.get(HttpHeaderNames.HOST) : headers.authority()),
                        text(headers.get(HttpHeaderNames.ORIGIN)),
                        text(headers.get(HttpHeaderNames.AUTHORIZATION))));
        stream.setProperty(key, exchange);
        if (busy) {
            exchange.refuse(HttpResponseStatus.SERVICE_UNAVAILABLE);
        } else if (target.length() > limits.lineBytes()) {
            exchange.refuse(HttpResponseStatus.REQUEST_URI_TOO_LONG);
        } else if (bytes(headers) > limits.headerBytes()) {
            exchange.refuse(HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE);
        } else {
            exchange.expect(limits.requestTime(), () -> exchange.refuse(HttpResponseStatus.REQUEST_TIMEOUT));
            exchange.begun();
            exchange.ended(endOfStream);
        }
    }

    private static String text(CharSequence value) {
        return value == null ? null : value.toString();
    }

    private static int bytes(Http2Headers headers) {
        int bytes = 0;
        for (Map.Entry<CharSequence, CharSequence> header : headers) {
            bytes += header.getKey().length() + header.getValue().length();
        }
        return bytes;
    }

    /// One request and its answer, from the headers of the one to the end of the other.
    private final class Exchange {
        private final ChannelHandlerContext ctx;
        private final Http2Stream stream;
        private final String method;
        private final RequestTarget target;
        private final boolean gzip;
        private final Sender sender;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
        private ScheduledFuture<?> deadline;
        /// Whether the answer is being worked on or written.
        private boolean answered;
        private boolean closed;
        /// The body that is being written part by part, null when none is.
        private HttpStream streaming;
        /// Takes the body, null when it is put together here.
        private Upload upload;
        /// Bytes of the body that the client is not told to be read.
        private int heldBytes;

        private Exchange(
                ChannelHandlerContext ctx,
                Http2Stream stream,
                String method,
                RequestTarget target,
                boolean gzip,
                Sender sender) {
            this.ctx = ctx;
            this.stream = stream;
            this.method = method;
            this.target = target;
            this.gzip = gzip;
            this.sender = sender;
        }

        private void expect(Duration time, Runnable late) {
            rest();
            deadline = ctx.executor().schedule(late, time.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void rest() {
            if (deadline != null) {
                deadline.cancel(false);
                deadline = null;
            }
        }

        /// The bodies of a connection share what one request may have over HTTP/1.1.
        private void append(ByteBuf data) {
            int bytes = data.readableBytes();
            if (upload != null) {
                if (!upload.offer(ByteBufUtil.getBytes(data))) {
                    reset(Http2Error.ENHANCE_YOUR_CALM);
                }
                return;
            }
            if (answered || bytes == 0) {
                return;
            }
            if (bodyBytes + bytes > limits.bodyBytes()) {
                refuse(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
                return;
            }
            bodyBytes += bytes;
            try {
                data.getBytes(data.readerIndex(), body, bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e); // memory does not fail like this
            }
        }

        /// What is answered while its body comes is answered from now on.
        private void begun() {
            if (target instanceof RequestTarget.Page page && method.equals("POST") && routes.streams(page.path())) {
                upload = new Upload(ctx.executor(), limits.bodyBytes(), this::readOn);
                answer(page, upload);
            }
        }

        /// How many of those bytes the client may send anew: none while the body waits to be read.
        private int taken(int bytes) {
            if (upload != null && upload.isHeld()) {
                heldBytes += bytes;
                return 0;
            }
            return bytes;
        }

        private void readOn() {
            int bytes = heldBytes;
            heldBytes = 0;
            if (bytes == 0 || closed) {
                return;
            }
            try {
                connection.decoder().flowController().consumeBytes(stream, bytes);
                connection.flush(ctx);
            } catch (Http2Exception broken) {
                connection.onError(ctx, true, broken);
            }
        }

        private void ended(boolean endOfStream) {
            if (endOfStream && upload != null) {
                upload.end();
            }
            if (!endOfStream || answered) {
                return;
            }
            switch (target) {
                case RequestTarget.Answered(var response, var _) -> {
                    answered = true;
                    rest();
                    write(response);
                }
                case RequestTarget.Page page -> answer(page, null);
            }
        }

        private void answer(RequestTarget.Page page, Upload parts) {
            answered = true;
            rest();
            HttpRequest request =
                    new HttpRequest(method, page.path(), page.query(), body.toByteArray(), gzip, sender, parts);
            routes.answer(request, limits.responseTime()).thenAcceptAsync(this::write, ctx.executor());
        }

        private void refuse(HttpResponseStatus status) {
            answered = true;
            rest();
            write(HttpResponse.error(status.code(), status.reasonPhrase()));
        }

        private void write(HttpResponse response) {
            if (closed) {
                response.stream().ifPresent(HttpStream::cancelled);
                return;
            }
            if (response.stream().isPresent()) {
                stream(response, response.stream().get());
                return;
            }
            Http2Headers headers = new DefaultHttp2Headers().status(Integer.toString(response.status()));
            response.headers().forEach(headers::set);
            headers.setInt(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
            headers.set(HttpHeaderNames.DATE, HttpResponse.date());
            boolean bare = response.body().length == 0 || method.equals("HEAD");
            ChannelPromise written = ctx.newPromise();
            written.addListener(_ -> over());
            // A client that does not read its answer.
            expect(limits.idleTime(), () -> reset(Http2Error.CANCEL));
            if (bare) {
                connection.encoder().writeHeaders(ctx, stream.id(), headers, 0, true, written);
            } else {
                connection.encoder().writeHeaders(ctx, stream.id(), headers, 0, false, ctx.newPromise());
                connection
                        .encoder()
                        .writeData(ctx, stream.id(), Unpooled.wrappedBuffer(response.body()), 0, true, written);
            }
            connection.flush(ctx);
        }

        private void stream(HttpResponse response, HttpStream body) {
            Http2Headers headers = new DefaultHttp2Headers().status(Integer.toString(response.status()));
            response.headers().forEach(headers::set);
            headers.set(HttpHeaderNames.DATE, HttpResponse.date());
            streaming = body;
            connection.encoder().writeHeaders(ctx, stream.id(), headers, 0, false, ctx.newPromise());
            connection.flush(ctx);
            body.start(new HttpStream.Out() {
                @Override
                public void write(byte[] part, Runnable written) {
                    ctx.executor().execute(() -> part(body, part, false, written));
                }

                @Override
                public void end() {
                    ctx.executor().execute(() -> part(body, new byte[0], true, Exchange.this::over));
                }
            });
        }

        /// Writes a part. A client that does not read it in time is cut, which cancels the rest.
        private void part(HttpStream body, byte[] part, boolean last, Runnable then) {
            if (streaming != body) {
                return;
            }
            if (last) {
                streaming = null;
            }
            expect(limits.idleTime(), () -> reset(Http2Error.CANCEL));
            ChannelPromise written = ctx.newPromise();
            written.addListener(done -> {
                if (done.isSuccess() && !closed) {
                    rest();
                    then.run();
                }
            });
            connection.encoder().writeData(ctx, stream.id(), Unpooled.wrappedBuffer(part), 0, last, written);
            connection.flush(ctx);
        }

        /// The answer is written. A request that goes on after it is cut off, as in Go.
        private void over() {
            if (stream.state().remoteSideOpen()) {
                reset(Http2Error.NO_ERROR);
            }
        }

        private void reset(Http2Error error) {
            connection.resetStream(ctx, stream.id(), error.code(), ctx.newPromise());
            connection.flush(ctx);
        }

        private void closed() {
            closed = true;
            rest();
            bodyBytes -= body.size();
            body.reset();
            open--;
            everywhere.decrementAndGet();
            if (upload != null) {
                upload.cut();
            }
            if (streaming != null) {
                HttpStream open = streaming;
                streaming = null;
                open.cancelled();
            }
        }
    }
}
