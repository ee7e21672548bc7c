package io.metastore.consensus.peer.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.metastore.Eventually;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Introduced;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.PeerMetrics;
import io.metastore.consensus.peer.PeerTable;
import io.metastore.consensus.peer.Peers;
import io.metastore.consensus.peer.TurnedAway;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two members on loopback: member 1 calls, member 2 answers.
@Timeout(60)
class GrpcPeersTest {
    private static final long CLUSTER = 7;
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int ECHO = 200;
    private static final int SILENCE = 201;
    private static final List<Member> MEMBERS =
            List.of(new Member(7, "seven", List.of("http://h:1"), List.of(), true, new Incarnation(1, 0x77), 2));

    private final EventLoopGroup loops = new NioEventLoopGroup(2);
    private final InetSocketAddress address = freeAddress();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<Caller> ended = new CopyOnWriteArrayList<>();
    private final Called called = new Called();
    private final List<String> disowned = new CopyOnWriteArrayList<>();
    private final List<String> removed = new CopyOnWriteArrayList<>();
    private final TurnedAway turnedAway = new TurnedAway() {
        @Override
        public void disowned(String why) {
            disowned.add(why);
        }

        @Override
        public void removed(String why) {
            removed.add(why);
        }
    };
    private final Set<Long> gone = new HashSet<>();
    private PeerTable table;
    private GrpcPeers peers;

    @BeforeEach
    void open() {
        table = new PeerTable() {
            @Override
            public Map<Long, Known> members() {
                return Map.of(1L, GrpcPeersTest.known(1, 1), 2L, GrpcPeersTest.known(2, address.getPort()));
            }

            @Override
            public Set<Long> removed() {
                return gone;
            }
        };
        peers = peersOf(identity(CLUSTER, 1));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
        loops.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS).sync();
    }

    private static InetSocketAddress freeAddress() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static PeerTable.Known known(long member, int port) {
        return new PeerTable.Known(List.of(URI.create("http://127.0.0.1:" + port)), new Incarnation(1, 100 + member));
    }

    private static PeerIdentity identity(long cluster, long member) {
        return new PeerIdentity(cluster, member, new Incarnation(1, 100 + member), 11, PeerIdentity.FEATURE_LEVEL);
    }

    private final Introduced introduced = new Introduced();

    private GrpcPeers peersOf(PeerIdentity self) {
        GrpcPeers made = new GrpcPeers(self, table, introduced, Optional.empty(), loops, turnedAway, new PeerMetrics());
        opened.add(made);
        return made;
    }

    private Server listen(PeerIdentity self) throws IOException {
        Server server = NettyServerBuilder.forAddress(address)
                .channelType(NioServerSocketChannel.class)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .directExecutor()
                .addService(new PeerEndpoint(
                        self,
                        table,
                        introduced,
                        () -> new MembersCall.Answer(self.cluster(), MEMBERS, Set.of(8L), 99),
                        called,
                        new PeerMetrics()))
                .build()
                .start();
        opened.add(() -> server.shutdownNow().awaitTermination());
        return server;
    }

    private Answers call(Lane lane, int kind, long number) {
        Answers answers = new Answers();
        peers.call(2, lane, message(kind, number), answers, LIMIT);
        return answers;
    }

    private static PeerMessage message(int kind, long number) {
        return new PeerMessage(kind, ByteString.copyFromUtf8(Long.toString(number)));
    }

    /// The failure of a call once there is a connection or there cannot be one.
    private PeerFailure settled(Lane lane) {
        PeerFailure[] last = new PeerFailure[1];
        Eventually.holds("the connection is made, or refused", () -> {
            last[0] = call(lane, ECHO, 0).failure();
            return last[0] == null || !last[0].getMessage().contains("has not answered yet");
        });
        return last[0];
    }

    @Test
    void callsOfALaneArriveInTheirOrder() throws Exception {
        listen(identity(CLUSTER, 2));
        List<Answers> answers = LongStream.range(0, 1_000)
                .mapToObj(number -> call(Lane.APPEND, ECHO, number))
                .toList();
        for (int i = 0; i < answers.size(); i++) {
            assertEquals(message(ECHO, i), answers.get(i).answer());
        }
        assertEquals(LongStream.range(0, 1_000).mapToObj(i -> message(ECHO, i)).toList(), called.messages);
    }

    @Test
    void aMemberThatDoesNotListenRefuses() {
        PeerFailure failure = call(Lane.CONTROL, ECHO, 0).failure();
        assertEquals(PeerFailure.Kind.REFUSED, failure.kind(), failure::getMessage);
        assertTrue(failure.neverSent());
    }

    @Test
    void aProposalIsNotSentBeforeTheOtherHasBeenGreeted() throws Exception {
        listen(identity(CLUSTER, 2));
        PeerFailure first = call(Lane.FORWARD, ECHO, 0).failure();
        assertEquals(PeerFailure.Kind.NOT_SENT, first.kind());
        assertEquals(null, settled(Lane.FORWARD));
        assertFalse(called.messages.isEmpty());
    }

    @Test
    void whatWasSentBeforeTheConnectionEndedIsOfUnknownFate() throws Exception {
        Server server = listen(identity(CLUSTER, 2));
        Answers silent = call(Lane.APPEND, SILENCE, 0);
        Eventually.holds("the call has come", () -> !called.messages.isEmpty());
        server.shutdownNow();
        assertEquals(PeerFailure.Kind.UNKNOWN, silent.failure().kind());
        Eventually.holds("the end of the lane is told", () -> ended.size() == 1);
    }

    @Test
    void aMemberThatComesBackIsFoundAgain() throws Exception {
        listen(identity(CLUSTER, 2)).shutdownNow().awaitTermination();
        assertFalse(call(Lane.APPEND, ECHO, 0).failure() == null);
        listen(identity(CLUSTER, 2));
        Eventually.holds("connected again", () -> call(Lane.APPEND, ECHO, 1).failure() == null);
    }

    @Test
    void aMemberOfAnotherClusterIsTurnedAway() throws Exception {
        listen(identity(CLUSTER + 1, 2));
        assertTrue(
                settled(Lane.APPEND).getMessage().contains("cluster 7, this is member 2 of cluster 8"),
                settled(Lane.APPEND)::getMessage);
        assertEquals(List.of(), called.messages);
    }

    @Test
    void anotherMemberAtTheAddressIsNotTakenForTheOneThatWasCalled() throws Exception {
        listen(identity(CLUSTER, 3));
        assertTrue(
                settled(Lane.APPEND).getMessage().contains("looks for member 2 here, but this is member 3"),
                settled(Lane.APPEND)::getMessage);
        assertEquals(List.of(), called.messages);
    }

    /// It came while this member was away, and may lead.
    @Test
    void whoIsNotInTheMemberTableYetIsListenedTo() throws Exception {
        listen(identity(CLUSTER, 2));
        peers = peersOf(identity(CLUSTER, 9));
        assertNull(call(Lane.CONTROL, ECHO, 0).failure());
    }

    @Test
    void whoWasRemovedIsTurnedAwayAndLearnsIt() throws Exception {
        gone.add(9L);
        listen(identity(CLUSTER, 2));
        peers = peersOf(identity(CLUSTER, 9));
        assertNotNull(call(Lane.CONTROL, ECHO, 0).failure());
        Eventually.holds("it is told", () -> !removed.isEmpty());
        assertTrue(removed.getFirst().contains("member 9 was removed from the cluster"), removed::getFirst);
        assertEquals(List.of(), called.messages);
        assertEquals(List.of(), disowned);
    }

    /// Who is to join asks so before it knows who it is.
    @Test
    void tellsWhoBelongsToTheCluster() throws Exception {
        Server server = listen(identity(CLUSTER, 2));
        MembersCall.Answer answer = MembersCall.ask(
                URI.create("http://127.0.0.1:" + server.getPort()), Optional.empty(), Duration.ofSeconds(20));
        assertEquals(CLUSTER, answer.cluster());
        assertEquals(Set.of(8L), answer.removed());
        assertEquals(99, answer.applied());
        assertEquals(
                List.of(new Member(7, "seven", List.of("http://h:1"), List.of(), true, new Incarnation(1, 0x77), 0)),
                answer.members());
    }

    @Test
    void aMemberThatTheTableDoesNotHaveIsReachedWhereItSays() throws Exception {
        PeerIdentity newcomer = identity(CLUSTER, 3);
        PeerTable asItKnows = () -> Map.of(2L, known(2, address.getPort()), 3L, known(3, address.getPort()));
        listen(identity(CLUSTER, 2));
        GrpcPeers calls = new GrpcPeers(
                newcomer, asItKnows, new Introduced(), Optional.empty(), loops, turnedAway, new PeerMetrics());
        opened.add(calls);
        assertEquals(List.of(), introduced.urls(3));
        Answers answers = new Answers();
        calls.call(2, Lane.CONTROL, message(ECHO, 1), answers, LIMIT);
        assertEquals(message(ECHO, 1), answers.answer());
        assertEquals(known(3, address.getPort()).urls(), introduced.urls(3));
        // The same port answers as member 2: that it was dialed is what is told.
        Answers back = new Answers();
        peers.call(3, Lane.CONTROL, message(ECHO, 2), back, LIMIT);
        assertTrue(back.failure().getMessage().contains("looks for member 3 here, but this is member 2"));
    }

    @Test
    void aMemberThatLostItsDataIsTurnedAwayAndLearnsIt() throws Exception {
        listen(identity(CLUSTER, 2));
        peers = peersOf(new PeerIdentity(CLUSTER, 1, new Incarnation(1, 0xe), 11, PeerIdentity.FEATURE_LEVEL));
        assertFalse(call(Lane.CONTROL, ECHO, 0).failure() == null);
        Eventually.holds("it is told", () -> !disowned.isEmpty());
        assertTrue(disowned.getFirst().contains("comes with data directory e, but the cluster knows it with 65"));
        assertEquals(List.of(), called.messages);
    }

    @Test
    void anAnswerOfAMemberThatLostItsDataCountsForNothing() throws Exception {
        listen(new PeerIdentity(CLUSTER, 2, new Incarnation(1, 0xe), 11, PeerIdentity.FEATURE_LEVEL));
        PeerFailure failure = call(Lane.CONTROL, ECHO, 0).failure();
        assertTrue(failure.getMessage().contains("comes with data directory e"), failure::getMessage);
        assertEquals(List.of(), disowned);
    }

    /// Answers an echo, and nothing to what asks for silence.
    private final class Called implements PeerHandler {
        private final List<PeerMessage> messages = new CopyOnWriteArrayList<>();

        @Override
        public void called(Caller caller, PeerMessage message, Consumer<PeerMessage> answer) {
            messages.add(message);
            if (message.kind() == ECHO) {
                answer.accept(message);
            }
        }

        @Override
        public void ended(Caller caller) {
            ended.add(caller);
        }
    }

    /// What became of one call.
    private static final class Answers implements Peers.Reply {
        private final BlockingQueue<Object> ends = new LinkedBlockingQueue<>();

        @Override
        public void answered(PeerMessage answer) {
            ends.add(answer);
        }

        @Override
        public void failed(PeerFailure why) {
            ends.add(why);
        }

        private Object end() {
            try {
                return ends.take();
            } catch (InterruptedException stopped) {
                throw new AssertionError(stopped);
            }
        }

        private PeerMessage answer() {
            return (PeerMessage) end();
        }

        /// Null when the call was answered.
        private PeerFailure failure() {
            return end() instanceof PeerFailure failure ? failure : null;
        }
    }
}
