package io.metastore.api;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.auth.AuthState;
import io.metastore.service.AccessControl;
import io.metastore.service.login.SimpleTokens;
import io.metastore.service.login.Tokens;
import io.metastore.watch.Commit;
import io.metastore.watch.FakeStore;
import io.metastore.watch.WatchHub;
import io.metastore.watch.WatchLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A Watch service over a store in memory, on a port of its own, with a channel to it.
final class WatchServer implements AutoCloseable {
    static final long CLUSTER_ID = 77;
    static final long MEMBER_ID = 88;
    static final long TERM = 9;

    final FakeStore store = new FakeStore();
    final WatchHub hub;
    private final Server server;
    private final ManagedChannel channel;
    private final List<WatchClient> clients = new ArrayList<>();

    WatchServer(WatchLimits limits, int maxFragmentBytes) throws IOException {
        hub = new WatchHub(store, limits);
        hub.start();
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server = NettyServerBuilder.forAddress(loopback)
                .addService(new WatchEndpoint(hub, WatchServer::header, maxFragmentBytes, everybody()))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress(new InetSocketAddress(loopback.getAddress(), server.getPort()))
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
    }

    /// Lets everybody do everything.
    private static AccessControl everybody() {
        Tokens tokens = new SimpleTokens(Duration.ofSeconds(1), System::nanoTime);
        return new AccessControl(() -> AuthState.NEW, tokens, null, () -> 0);
    }

    private static ResponseHeader header(long revision) {
        return ResponseHeader.newBuilder()
                .setClusterId(CLUSTER_ID)
                .setMemberId(MEMBER_ID)
                .setRaftTerm(TERM)
                .setRevision(revision)
                .build();
    }

    WatchClient client() {
        return client(true);
    }

    WatchClient client(boolean reads) {
        WatchClient client = new WatchClient(channel, reads);
        clients.add(client);
        return client;
    }

    long put(String key, String value) {
        return publish(store.put(key, value));
    }

    long delete(String key) {
        return publish(store.delete(key));
    }

    long transaction(FakeStore.Change... changes) {
        return publish(store.transaction(changes));
    }

    private long publish(Commit commit) {
        hub.publish(commit);
        return commit.revision();
    }

    @Override
    public void close() {
        clients.forEach(WatchClient::close);
        channel.shutdownNow();
        hub.close();
        server.shutdownNow();
        Eventually.holds("the server has ended", server::isTerminated);
    }
}
