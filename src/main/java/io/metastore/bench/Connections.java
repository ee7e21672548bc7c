package io.metastore.bench;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// HTTP/2 connections to the servers under test, spread over endpoints and event loops in turn. Each
/// connection lives on one loop, and so do its replies.
final class Connections implements AutoCloseable {
    /// A first connection on a busy machine takes longer than a call.
    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);

    /// How far a server may send ahead of the reader.
    enum Window {
        /// 1 MiB: what the driver holds of large answers is bounded.
        FIXED,
        /// 64 KiB that grow with what the connection carries, as those of etcd's own client.
        GROWING;

        private static final int FIXED_BYTES = 1 << 20;
        private static final int FIRST_BYTES = (64 << 10) - 1;

        private void of(NettyChannelBuilder builder) {
            switch (this) {
                case FIXED -> builder.flowControlWindow(FIXED_BYTES);
                case GROWING -> builder.initialFlowControlWindow(FIRST_BYTES);
            }
        }
    }

    /// A connection and the loop that it lives on.
    record Connection(ManagedChannel channel, EventLoop loop, Endpoint endpoint) {
        private void probe(Duration patience) {
            try {
                status(channel, patience);
            } catch (StatusRuntimeException e) {
                String text = Tally.text(e.getStatus());
                throw new AbortedException(
                        switch (e.getStatus().getCode()) {
                            case DEADLINE_EXCEEDED ->
                                endpoint + " does not answer: no reply within " + patience.toSeconds() + " s";
                            case UNAVAILABLE ->
                                refused(e.getStatus())
                                        ? endpoint + " does not answer: " + text
                                        : endpoint + " is no etcd-compatible server, or wants TLS (or none): " + text;
                            case UNIMPLEMENTED, INTERNAL, UNKNOWN ->
                                endpoint + " answers, but not as an etcd-compatible server: " + text;
                            default -> endpoint + " does not let the bench in: " + text;
                        });
            }
        }

        private static boolean refused(Status status) {
            return status.getCause() instanceof ConnectException
                    || status.getCause() instanceof UnknownHostException
                    || String.valueOf(status.getDescription()).startsWith("Unable to resolve host");
        }
    }

    private final EventLoopGroup group;
    private final List<EventLoop> loops = new ArrayList<>();
    private final List<Connection> all = new ArrayList<>();

    private Connections(int threads) {
        group = new NioEventLoopGroup(threads, new DefaultThreadFactory("bench-loop", true));
        for (int i = 0; i < threads; i++) {
            loops.add(group.next());
        }
    }

    /// Connects and asks each endpoint for its status.
    ///
    /// @throws AbortedException when an endpoint does not answer in time, or not as etcd would
    static Connections open(List<Endpoint> endpoints, Security security, int count, int threads, Duration patience) {
        return open(endpoints, security, count, threads, patience, Window.FIXED);
    }

    /// Like the above, with windows of another kind.
    static Connections open(
            List<Endpoint> endpoints, Security security, int count, int threads, Duration patience, Window window) {
        Optional<SslContext> ssl = security.context(endpoints.stream().anyMatch(Endpoint::tls));
        Connections connections = new Connections(threads);
        try {
            for (int i = 0; i < count; i++) {
                connections.add(endpoints.get(i % endpoints.size()), ssl, security, window, i);
            }
            for (int i = 0; i < Math.min(count, endpoints.size()); i++) {
                connections.all.get(i).probe(patience.compareTo(CONNECT_WITHIN) > 0 ? patience : CONNECT_WITHIN);
            }
            connections.all.forEach(connection -> connection.channel().getState(true));
            return connections;
        } catch (RuntimeException e) {
            connections.close();
            throw e;
        }
    }

    private void add(Endpoint endpoint, Optional<SslContext> ssl, Security security, Window window, int number) {
        EventLoop loop = loops.get(number % loops.size());
        // Retries would hide failures and cost a buffer per call; a proxy would be measured instead of the server.
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                .eventLoopGroup(loop)
                .channelType(NioSocketChannel.class)
                .directExecutor()
                .disableRetry()
                .proxyDetector(address -> null)
                .maxInboundMessageSize(Integer.MAX_VALUE);
        window.of(builder);
        ssl.ifPresentOrElse(builder::sslContext, builder::usePlaintext);
        security.caller().ifPresent(builder::intercept);
        all.add(new Connection(builder.build(), loop, endpoint));
    }

    List<Connection> all() {
        return all;
    }

    List<EventLoop> loops() {
        return loops;
    }

    @Override
    public void close() {
        all.forEach(connection -> connection.channel().shutdownNow());
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    /// Asks a server for its status.
    static StatusResponse status(Channel channel, Duration patience) {
        return ClientCalls.blockingUnaryCall(
                channel,
                MaintenanceGrpc.getStatusMethod(),
                CallOptions.DEFAULT.withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS),
                StatusRequest.getDefaultInstance());
    }
}
