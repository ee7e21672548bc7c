package io.metastore.consensus.peer.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.metastore.Eventually;
import io.metastore.cluster.Incarnation;
import io.metastore.consensus.peer.Introduced;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerDispatch;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.PeerMetrics;
import io.metastore.consensus.peer.PeerPings;
import io.metastore.consensus.peer.PeerTable;
import io.metastore.consensus.peer.Peers;
import io.metastore.consensus.peer.TurnedAway;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What two members count of each other, over real connections.
@Timeout(60)
class PeerCountsTest {
    private static final long A = 0xa;
    private static final long B = 0xb;
    private static final int ECHO = 200;
    private static final int REFUSE = 201;
    private static final int HANG = 202;

    private final EventLoopGroup loops = new NioEventLoopGroup(1);
    private final PeerMetrics ofA = new PeerMetrics();
    private final PeerMetrics ofB = new PeerMetrics();
    private final PeerMetrics.Counts b = ofA.of(B);
    private final PeerMetrics.Counts a = ofB.of(A);
    private PeerTable table;
    private Server server;
    private GrpcPeers peers;

    private static PeerIdentity identity(long member) {
        return new PeerIdentity(1, member, new Incarnation(1, member), 1, PeerIdentity.FEATURE_LEVEL);
    }

    private static PeerTable.Known known(long member, int port) {
        return new PeerTable.Known(List.of(URI.create("http://127.0.0.1:" + port)), new Incarnation(1, member));
    }

    @BeforeEach
    void listen() throws IOException {
        PeerDispatch dispatch = new PeerDispatch();
        dispatch.add(ECHO, (_, message, answer) -> answer.accept(message));
        dispatch.add(REFUSE, (_, _, _) -> {
            throw new IllegalArgumentException("refused");
        });
        dispatch.add(HANG, (_, _, _) -> {});
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .directExecutor()
                .addService(new PeerEndpoint(
                        identity(B), () -> table.members(), new Introduced(), () -> null, dispatch, ofB))
                .build()
                .start();
        table = () -> Map.of(
                A, known(A, 1),
                B, known(B, server.getPort()));
        peers = new GrpcPeers(identity(A), table, new Introduced(), Optional.empty(), loops, new Nobody(), ofA);
    }

    private static final class Nobody implements TurnedAway {
        @Override
        public void disowned(String why) {
            fail(why);
        }

        @Override
        public void removed(String why) {
            fail(why);
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        peers.close();
        server.shutdownNow();
        assertTrue(server.awaitTermination(10, TimeUnit.SECONDS));
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }

    private CompletableFuture<PeerMessage> call(int kind, int bytes) {
        CompletableFuture<PeerMessage> answer = new CompletableFuture<>();
        peers.call(
                B,
                Lane.CONTROL,
                new PeerMessage(kind, ByteString.copyFrom(new byte[bytes])),
                new Peers.Reply() {
                    @Override
                    public void answered(PeerMessage message) {
                        answer.complete(message);
                    }

                    @Override
                    public void failed(PeerFailure why) {
                        answer.completeExceptionally(why);
                    }
                },
                Duration.ofSeconds(20));
        return answer;
    }

    private static PeerFailure.Kind failure(CompletableFuture<PeerMessage> call) throws Exception {
        try {
            throw new AssertionError("answered: " + call.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException failed) {
            return ((PeerFailure) failed.getCause()).kind();
        }
    }

    @Test
    void bothCountTheSameBytes() throws Exception {
        assertFalse(b.isConnected());
        call(ECHO, 1_000).get(20, TimeUnit.SECONDS);
        assertTrue(b.isConnected());
        long greetings = b.sentBytes() - 1_000;
        assertTrue(greetings > 0 && greetings < 100, () -> "greeting and frame: " + greetings);
        assertEquals(b.sentBytes(), a.receivedBytes());
        assertEquals(a.sentBytes(), b.receivedBytes());
        assertTrue(b.receivedBytes() > 1_000);

        long before = b.sentBytes();
        call(ECHO, 500_000).get(20, TimeUnit.SECONDS);
        assertTrue(b.sentBytes() - before >= 500_000);
        assertEquals(b.sentBytes(), a.receivedBytes());
        assertEquals(0, b.sentFailures() + b.disconnects() + a.receivedFailures());
    }

    @Test
    void aCallThatCannotBeTakenIsCountedAtBothEnds() throws Exception {
        assertEquals(PeerFailure.Kind.UNKNOWN, failure(call(REFUSE, 1)));
        assertEquals(1, a.receivedFailures());
        assertEquals(1, b.sentFailures());
        assertEquals(1, b.disconnects());
        assertFalse(b.isConnected());
    }

    @Test
    void aMemberThatIsGoneIsCountedOnceAndEachCallToItFails() throws Exception {
        CompletableFuture<PeerMessage> open = call(HANG, 1);
        call(ECHO, 1).get(20, TimeUnit.SECONDS);
        server.shutdownNow();
        assertEquals(PeerFailure.Kind.UNKNOWN, failure(open));
        assertEquals(1, b.disconnects());
        assertFalse(b.isConnected());
        long lost = b.sentFailures();
        assertEquals(1, lost, "the call that was open");
        for (int i = 0; i < 5; i++) {
            failure(call(ECHO, 1));
        }
        assertEquals(lost + 5, b.sentFailures());
        assertEquals(1, b.disconnects(), "there was no connection since");
    }

    /// Both that follow know how far the other is, though raft lets them say nothing to each other.
    @Test
    void aSignOfLifeIsTimed() {
        try (PeerPings pings = new PeerPings(A, table, peers, new PeerDispatch(), ofA, (what, cause) -> {
            throw new AssertionError(what, cause);
        })) {
            pings.start();
            Eventually.holds("B has answered", () -> b.roundTrips().count() > 0);
            assertTrue(b.isConnected());
            assertTrue(b.roundTrips().sum() > 0 && b.roundTrips().sum() < 20);
            assertEquals(Map.of(B, b), ofA.all(), "A does not ask itself");
        }
    }
}
