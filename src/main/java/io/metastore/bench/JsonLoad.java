package io.metastore.bench;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.Status;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;

/// Calls as JSON over HTTP/1.1, each client with a connection of its own, as programs without gRPC make them. In plain
/// text only.
final class JsonLoad implements Workload {
    private static final int REPLY_MAX = 16 << 20;

    private final Connections connections;
    private final String kind;
    private final String path;
    private final LongFunction<String> bodies;
    private final Map<Integer, Wire> wires = new ConcurrentHashMap<>();

    /// @param kind   of the calls, for the table
    /// @param path   as in `/v3/kv/put`
    /// @param bodies what the call of a number sends
    JsonLoad(Connections connections, String kind, String path, LongFunction<String> bodies) {
        this.connections = connections;
        this.kind = kind;
        this.path = path;
        this.bodies = bodies;
        if (connections.all().stream()
                .anyMatch(connection -> connection.endpoint().tls())) {
            throw new AbortedException("JSON over HTTP is measured in plain text only");
        }
    }

    static String field(String name, ByteString value) {
        return "\"" + name + "\":\"" + Base64.getEncoder().encodeToString(value.toByteArray()) + "\"";
    }

    @Override
    public List<String> kinds() {
        return List.of(kind);
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        List<Connections.Connection> all = connections.all();
        Wire wire = wires.computeIfAbsent(number, _ -> new Wire(all.get(number % all.size())));
        return new VirtualClient(lane, channel) {
            @Override
            void send(long call) {
                wire.send(bodies.apply(call), this);
            }
        };
    }

    /// The connection of a client, kept from phase to phase: opened by the first call and again after it broke. Lives
    /// on
    /// the event loop of the connection beside it.
    private final class Wire {
        private final Connections.Connection beside;
        private io.netty.channel.Channel open;
        /// Null when nobody waits for an answer.
        private VirtualClient waiting;

        private Wire(Connections.Connection beside) {
            this.beside = beside;
        }

        private void send(String body, VirtualClient client) {
            waiting = client;
            if (open != null && open.isActive()) {
                write(body);
                return;
            }
            ChannelFuture connected = new Bootstrap()
                    .group(beside.loop())
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(io.netty.channel.Channel connection) {
                            connection
                                    .pipeline()
                                    .addLast(new HttpClientCodec(), new HttpObjectAggregator(REPLY_MAX), new Replies());
                        }
                    })
                    .connect(beside.endpoint().host(), beside.endpoint().port());
            connected.addListener((ChannelFutureListener) done -> {
                if (done.isSuccess()) {
                    open = done.channel();
                    write(body);
                } else {
                    ended(Status.UNAVAILABLE.withCause(done.cause()).withDescription("cannot connect"));
                }
            });
        }

        private void write(String text) {
            ByteBuf body = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
            DefaultFullHttpRequest request =
                    new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, path, body);
            request.headers()
                    .set(HttpHeaderNames.HOST, beside.endpoint())
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
            open.writeAndFlush(request);
        }

        private void ended(Status status) {
            if (waiting != null) {
                VirtualClient client = waiting;
                waiting = null;
                client.finished(status);
            }
        }

        private final class Replies extends SimpleChannelInboundHandler<FullHttpResponse> {
            @Override
            protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse reply) {
                ended(
                        reply.status().equals(HttpResponseStatus.OK)
                                ? Status.OK
                                : Status.UNKNOWN.withDescription(reply.content().toString(StandardCharsets.UTF_8)));
            }

            @Override
            public void channelInactive(ChannelHandlerContext ctx) {
                ended(Status.UNAVAILABLE.withDescription("the connection has ended"));
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                ctx.close();
            }
        }
    }
}
