package io.metastore.server;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerTable;
import io.metastore.consensus.peer.Peers;
import io.metastore.consensus.peer.grpc.GrpcPeers;
import io.metastore.consensus.peer.grpc.PeerEndpoint;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// The ways between this member and the others: where it listens for them, and how it calls them. Their threads are not
/// those of clients, whose load must not delay a heartbeat.
final class PeerPorts implements AutoCloseable {
    static final String KEY = "listen-peer-urls";
    private static final int THREADS = 2;
    private static final int MESSAGE_BYTES_MAX = 1 << 30;

    private final List<URI> listenUrls;
    private final PeerEndpoint endpoint;
    private final EventLoops loops = new EventLoops(THREADS);
    private final GrpcPeers peers;
    private final List<Server> servers = new ArrayList<>();

    PeerPorts(List<URI> listenUrls, PeerIdentity self, PeerTable table, PeerHandler handler) {
        this.listenUrls = listenUrls;
        this.endpoint = new PeerEndpoint(self, table, handler);
        this.peers = new GrpcPeers(self, table, Optional.empty(), loops.work);
    }

    Peers peers() {
        return peers;
    }

    /// Opens the peer addresses. Called before raft starts: others may have started before.
    void open() throws ListenFailure {
        for (URI url : listenUrls) {
            try {
                servers.add(NettyServerBuilder.forAddress(ClientListener.address(url))
                        .bossEventLoopGroup(loops.accept)
                        .workerEventLoopGroup(loops.work)
                        .channelType(io.netty.channel.socket.nio.NioServerSocketChannel.class)
                        .withOption(ChannelOption.SO_REUSEADDR, true)
                        .withChildOption(ChannelOption.TCP_NODELAY, true)
                        .directExecutor()
                        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                        .addService(endpoint)
                        .build()
                        .start());
            } catch (IOException failure) {
                throw new ListenFailure(KEY, url, failure);
            }
        }
    }

    /// Cuts every connection. Called once raft has stopped.
    @Override
    public void close() throws InterruptedException {
        peers.close();
        for (Server server : servers) {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        }
        loops.close();
    }
}
