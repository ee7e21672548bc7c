package io.metastore.server;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.metastore.api.http.HttpLimits;
import io.metastore.api.http.HttpRoutes;
import io.metastore.api.http.HttpServing;
import io.metastore.consensus.peer.Introduced;
import io.metastore.consensus.peer.PeerDispatch;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerMetrics;
import io.metastore.consensus.peer.PeerPings;
import io.metastore.consensus.peer.PeerTable;
import io.metastore.consensus.peer.Peers;
import io.metastore.consensus.peer.TurnedAway;
import io.metastore.consensus.peer.grpc.GrpcPeers;
import io.metastore.consensus.peer.grpc.MembersCall;
import io.metastore.consensus.peer.grpc.PeerEndpoint;
import io.metastore.server.tls.TlsFailure;
import io.metastore.thread.Threads;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// The ways between this member and the others: where it listens for them, and how it calls them. Their threads are not
/// those of clients, whose load must not delay a heartbeat.
final class PeerPorts implements AutoCloseable {
    static final String KEY = "listen-peer-urls";
    private static final int THREADS = 2;
    private static final int MESSAGE_BYTES_MAX = 1 << 30;
    private static final int UNDECIDED_MAX = 256;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<URI> listenUrls;
    private final PeerTls tls;
    /// Answers that there is nothing to HTTP/1.1, which a person may try.
    private final HttpServing http = new HttpServing(new HttpRoutes(), HttpLimits.standard(0));

    private final Undecided undecided = new Undecided(UNDECIDED_MAX, PATIENCE);
    private final ConnectionLimit connections = ConnectionLimit.ofProcess();
    private final PeerEndpoint endpoint;
    private final EventLoops loops = new EventLoops(THREADS);
    private final GrpcPeers peers;
    private final PeerMetrics metrics = new PeerMetrics();
    private final PeerPings pings;
    private final List<Server> servers = new ArrayList<>();

    /// @param turnedAway told when other members will have nothing to do with this one
    /// @throws TlsFailure naming the file or setting that cannot be used, when an address is https
    PeerPorts(
            EffectiveConfig config,
            PeerIdentity self,
            PeerTable table,
            Supplier<MembersCall.Answer> members,
            PeerDispatch dispatch,
            TurnedAway turnedAway,
            Threads.Halt faults)
            throws TlsFailure {
        this.listenUrls = config.keys().listen().listenPeerUrls();
        this.tls = PeerTls.from(config);
        Introduced introduced = new Introduced();
        this.endpoint = new PeerEndpoint(self, table, introduced, members, dispatch, metrics);
        this.peers = new GrpcPeers(self, table, introduced, tls.client(), loops.work, turnedAway, metrics);
        this.pings = new PeerPings(self.member(), table, peers, dispatch, metrics, faults);
    }

    Peers peers() {
        return peers;
    }

    /// Says to the others now what they would hear within a second. Does not wait for their answers.
    void sayNow() {
        pings.askAll();
    }

    PeerMetrics metrics() {
        return metrics;
    }

    /// Opens the peer addresses. Called before raft starts: others may have started before.
    void open() throws ListenFailure {
        for (URI url : listenUrls) {
            boolean secure = Urls.isHttps(url);
            PortSharing sharing = new PortSharing(
                    Optional.of(http),
                    secure ? tls.server() : Optional.empty(),
                    !secure,
                    undecided,
                    connections,
                    new Complaints(url));
            try {
                servers.add(NettyServerBuilder.forAddress(ClientListener.address(url))
                        .bossEventLoopGroup(loops.accept)
                        .workerEventLoopGroup(loops.work)
                        .channelFactory(() -> new BoundedServerChannel(connections, sharing.complaints()))
                        .withOption(ChannelOption.SO_REUSEADDR, true)
                        .withChildOption(ChannelOption.TCP_NODELAY, true)
                        .directExecutor()
                        .protocolNegotiator(sharing)
                        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                        .addService(endpoint)
                        .build()
                        .start());
            } catch (IOException failure) {
                throw new ListenFailure(KEY, url, failure);
            }
        }
        pings.start();
    }

    /// Cuts every connection. Called once raft has stopped.
    @Override
    public void close() throws InterruptedException {
        pings.close();
        peers.close();
        for (Server server : servers) {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        }
        http.close();
        loops.close();
        tls.close();
    }
}
