package io.metastore.server;

import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// Keeps what is wrong with one stream from ending its connection, on which other calls may run: behind a proxy
/// those of other clients.
///
/// Netty refuses a stream whose headers it cannot take before the stream exists: it sends RST_STREAM and forgets.
/// The data that the client has sent behind its headers then belongs to a stream that never was, which ends the
/// connection. So this stands in front of gRPC's handler, sees the RST_STREAM leave while bytes are being read, and
/// has the stream created and closed.
///
/// All methods are called on the connection's event loop; nothing is allocated for a call that is in order.
final class StreamFaults extends ChannelDuplexHandler {
    private static final Logger LOG = Logger.getLogger(StreamFaults.class);
    private static final int TYPE_AT = 3;
    private static final int STREAM_AT = 5;
    private static final int RST_STREAM_BYTES = Http2CodecUtil.FRAME_HEADER_LENGTH + Http2CodecUtil.INT_FIELD_LENGTH;

    /// Streams that a client may have refused like this within [#WINDOW_NANOS]: each makes a frame that no limit of
    /// Netty counts, and a client that does not read would have them pile up.
    private static final int RESETS_MAX = 1_000;

    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Http2ConnectionHandler grpc;
    private boolean reading;
    private int resets;
    private long windowStarted;

    private StreamFaults(Http2ConnectionHandler grpc) {
        this.grpc = grpc;
    }

    /// The handler to be put right before `grpc`, which also looks at its calls from now on.
    static StreamFaults before(Http2ConnectionHandler grpc) {
        grpc.decoder().frameListener(new Timeouts(grpc));
        return new StreamFaults(grpc);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        reading = true;
        try {
            ctx.fireChannelRead(message);
        } finally {
            reading = false;
        }
    }

    /// Data is never written while bytes are being read, so what looks like RST_STREAM then is one.
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (reading
                && message instanceof ByteBuf frame
                && frame.readableBytes() == RST_STREAM_BYTES
                && frame.getByte(frame.readerIndex() + TYPE_AT) == Http2FrameTypes.RST_STREAM) {
            refused(ctx, frame.getInt(frame.readerIndex() + STREAM_AT));
        }
        ctx.write(message, promise);
    }

    private void refused(ChannelHandlerContext ctx, int streamId) {
        Http2Connection connection = grpc.connection();
        if (connection.streamMayHaveExisted(streamId)) {
            return;
        }
        long now = System.nanoTime();
        if (resets == 0 || now - windowStarted > WINDOW_NANOS) {
            windowStarted = now;
            resets = 0;
        }
        if (++resets > RESETS_MAX) {
            LOG.debugf("%s: cut, more than %d streams have headers that are none", ctx.channel(), RESETS_MAX);
            ctx.close();
            return;
        }
        try {
            connection.remote().createStream(streamId, true).close();
        } catch (Http2Exception e) {
            // As many streams as allowed, or a connection that is going away: what follows ends it, as it did before.
            LOG.debugf(e, "%s: stream %d is refused", ctx.channel(), streamId);
        }
    }

    /// Answers a call whose time limit cannot be read with a status that says so, as etcd does; grpc-java resets its
    /// stream.
    private static final class Timeouts extends Http2FrameListenerDecorator {
        private static final AsciiString TIMEOUT = AsciiString.cached("grpc-timeout");
        private static final String UNITS = "HMSmun";
        private static final int LENGTH_MAX = 9;

        private final Http2ConnectionHandler grpc;

        private Timeouts(Http2ConnectionHandler grpc) {
            super(grpc.decoder().frameListener());
            this.grpc = grpc;
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
            CharSequence timeout = headers.get(TIMEOUT);
            if (timeout == null || isTimeout(timeout)) {
                super.onHeadersRead(ctx, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
                return;
            }
            Http2Headers refusal = new DefaultHttp2Headers()
                    .status("400")
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/grpc")
                    .set("grpc-status", Integer.toString(Status.Code.INTERNAL.value()))
                    .set(
                            "grpc-message",
                            "malformed grpc-timeout: it is up to eight digits and one of the units H, M, S, m, u, n");
            grpc.encoder().writeHeaders(ctx, streamId, refusal, 0, true, ctx.newPromise());
        }

        private static boolean isTimeout(CharSequence text) {
            int unit = text.length() - 1;
            if (unit < 1 || unit >= LENGTH_MAX || UNITS.indexOf(text.charAt(unit)) < 0) {
                return false;
            }
            for (int i = 0; i < unit; i++) {
                if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                    return false;
                }
            }
            return true;
        }
    }
}
