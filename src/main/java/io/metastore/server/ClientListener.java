package io.metastore.server;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// One client port: gRPC and HTTP/1.1, with TLS, without, or both.
final class ClientListener {
    static final String KEY = "listen-client-urls";
    private static final int BACKLOG = 1024;
    private static final int METADATA_BYTES = 64 << 10;

    /// Calls that a client may take back on one connection within [#RESETS_SECONDS] (watches and slow calls end
    /// this way): more are an attack, each makes work that it does not wait for.
    private static final int RESETS_MAX = 5_000;

    private static final int RESETS_SECONDS = 10;

    private final List<URI> urls;
    private final Server server;

    private ClientListener(List<URI> urls, Server server) {
        this.urls = urls;
        this.server = server;
    }

    /// What a client may take and how connections are kept up (GEN-04, GEN-06, GEN-07).
    ///
    /// @param messageBytes      largest inbound message
    /// @param concurrentStreams most calls at once on a connection
    /// @param pingLeast         shortest time between two pings of a client
    /// @param pingIdle          time without traffic after which the server pings; zero: never
    /// @param pingWait          time that a pinged client has to answer
    record Limits(int messageBytes, int concurrentStreams, Duration pingLeast, Duration pingIdle, Duration pingWait) {}

    /// Listens at the place that all of `urls` name; calls run on the event loops, so they must not block.
    static ClientListener open(
            List<URI> urls, Listeners.Calls calls, Limits limits, PortSharing sharing, EventLoops loops)
            throws ListenFailure {
        URI url = urls.getFirst();
        try {
            NettyServerBuilder builder = NettyServerBuilder.forAddress(address(url))
                    .channelFactory(() -> new BoundedServerChannel(sharing.connections(), sharing.complaints()))
                    .bossEventLoopGroup(loops.accept)
                    .workerEventLoopGroup(loops.work)
                    .withOption(ChannelOption.SO_BACKLOG, BACKLOG)
                    .withOption(ChannelOption.SO_REUSEADDR, true)
                    .directExecutor()
                    .protocolNegotiator(sharing)
                    // FirstBytes is stricter; this is the net below it.
                    .handshakeTimeout(2 * sharing.undecided().patience().toMillis(), TimeUnit.MILLISECONDS)
                    .decompressorRegistry(GzipDecoding.registry())
                    .maxInboundMessageSize(limits.messageBytes())
                    .maxInboundMetadataSize(METADATA_BYTES)
                    .maxConcurrentCallsPerConnection(limits.concurrentStreams())
                    .maxRstFramesPerWindow(RESETS_MAX, RESETS_SECONDS)
                    .permitKeepAliveTime(limits.pingLeast().toMillis(), TimeUnit.MILLISECONDS)
                    .permitKeepAliveWithoutCalls(false)
                    .keepAliveTimeout(Math.max(1, limits.pingWait().toMillis()), TimeUnit.MILLISECONDS);
            if (limits.pingIdle().isZero()) {
                builder.keepAliveTime(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
            } else {
                builder.keepAliveTime(limits.pingIdle().toMillis(), TimeUnit.MILLISECONDS);
            }
            calls.services().forEach(service -> builder.addService(ParsedRequests.of(service)));
            // grpc-java runs the interceptor that was added last first.
            calls.interceptors().reversed().forEach(builder::intercept);
            calls.tracers().forEach(builder::addStreamTracerFactory);
            return new ClientListener(urls, builder.build().start());
        } catch (IOException e) {
            throw new ListenFailure(KEY, url, e);
        }
    }

    /// @throws java.net.UnknownHostException when the host means nothing
    static InetSocketAddress address(URI url) throws IOException {
        String host = url.getHost();
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new InetSocketAddress(java.net.InetAddress.getByName(bare), url.getPort());
    }

    List<URI> urls() {
        return urls;
    }

    int port() {
        return server.getPort();
    }

    /// Takes no new connections and calls; those under way go on.
    void shutdown() {
        server.shutdown();
    }

    /// Waits for the calls under way and cancels what is left at `deadline`, in nanoseconds of
    /// [System#nanoTime].
    void awaitOrCut(long deadline) throws InterruptedException {
        if (!server.awaitTermination(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        }
    }
}
