package io.metastore.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.Eventually;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The network fails calls as the one over gRPC does.
class SimulatedNetworkTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final SimulatedNetwork network = new SimulatedNetwork(5, (what, cause) -> faults.add(what + cause));
    private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    private final Echo echo = new Echo();
    private final SimulatedPeers one = network.join(1, new Echo());
    private SimulatedPeers two = network.join(2, echo);

    /// Answers each call with itself.
    private static final class Echo implements PeerHandler {
        private final List<Integer> kinds = new CopyOnWriteArrayList<>();
        private final Map<Caller, Integer> callers = new ConcurrentHashMap<>();
        private final List<Caller> ended = new CopyOnWriteArrayList<>();

        @Override
        public void called(Caller caller, PeerMessage message, Consumer<PeerMessage> answer) {
            kinds.add(message.kind());
            callers.merge(caller, 1, Integer::sum);
            answer.accept(message);
        }

        @Override
        public void ended(Caller caller) {
            ended.add(caller);
        }
    }

    @AfterEach
    void close() {
        network.close();
        assertEquals(List.of(), faults);
    }

    private void call(Lane lane, int kind, Duration limit) {
        one.call(
                2,
                lane,
                new PeerMessage(kind, ByteString.copyFromUtf8("call")),
                new Peers.Reply() {
                    @Override
                    public void answered(PeerMessage answer) {
                        ends.add("answered " + answer.kind());
                    }

                    @Override
                    public void failed(PeerFailure why) {
                        ends.add(why.kind() + " " + kind);
                    }
                },
                limit);
    }

    private String next() throws InterruptedException {
        return ends.poll(10, TimeUnit.SECONDS);
    }

    @Test
    void callsOfALaneArriveInTheirOrderHoweverLate() throws InterruptedException {
        network.delay(1, 2, Duration.ofMillis(1), Duration.ofMillis(5));
        for (int i = 0; i < 100; i++) {
            call(Lane.APPEND, i, LIMIT);
        }
        for (int i = 0; i < 100; i++) {
            assertEquals("answered " + i, next());
        }
    }

    @Test
    void whatIsSentIntoACutArrivesWhenItHeals() throws InterruptedException {
        call(Lane.APPEND, 1, LIMIT);
        assertEquals("answered 1", next());
        network.cut(1, 2);
        call(Lane.APPEND, 2, Duration.ofMillis(100));
        assertEquals("TIMED_OUT 2", next());
        assertEquals(List.of(1), echo.kinds);
        network.heal();
        Eventually.holds("it arrives late", () -> echo.kinds.equals(List.of(1, 2)));
        call(Lane.APPEND, 3, LIMIT);
        assertEquals("answered 3", next());
    }

    @Test
    void aConnectionThatIsSilentEndsAndTheNextOneIsAnother() throws InterruptedException {
        call(Lane.APPEND, 1, LIMIT);
        assertEquals("answered 1", next());
        network.cut(2, 1);
        call(Lane.APPEND, 2, LIMIT);
        Duration silence = Duration.ofMillis(2_200);
        call(Lane.CONTROL, 3, silence);
        assertEquals("TIMED_OUT 3", next());
        assertEquals("UNKNOWN 2", next());
        network.heal();
        Eventually.holds("another connection is made", () -> {
            call(Lane.APPEND, 4, LIMIT);
            return "answered 4".equals(next(ends));
        });
        assertEquals(3, echo.callers.size(), "lanes");
    }

    private static String next(BlockingQueue<String> ends) {
        try {
            return ends.poll(10, TimeUnit.SECONDS);
        } catch (InterruptedException never) {
            throw new IllegalStateException(never);
        }
    }

    @Test
    void nothingIsForwardedBeforeTheGreeting() throws InterruptedException {
        call(Lane.FORWARD, 1, LIMIT);
        assertEquals("NOT_SENT 1", next());
        Eventually.holds("greeted", () -> {
            call(Lane.FORWARD, 2, LIMIT);
            return "answered 2".equals(next(ends));
        });
    }

    /// Some of what was on its way arrives after the connection has ended, in order, and none of it is answered.
    @Test
    void aConnectionThatIsDroppedLeavesItsLastCallsInDoubt() throws InterruptedException {
        call(Lane.APPEND, 0, LIMIT);
        assertEquals("answered 0", next());
        network.delay(1, 2, Duration.ofMillis(300), Duration.ZERO);
        for (int i = 1; i <= 9; i++) {
            call(Lane.APPEND, i, LIMIT);
        }
        network.drop(1, 2);
        for (int i = 1; i <= 9; i++) {
            assertTrue(next().startsWith("UNKNOWN"));
        }
        call(Lane.APPEND, 10, LIMIT);
        assertEquals("NOT_SENT 10", next());
        Eventually.holds("the lane has ended", () -> echo.ended.size() == 1);
        int arrived = echo.kinds.size();
        assertTrue(arrived < 10, "all arrived");
        for (int i = 0; i < arrived; i++) {
            assertEquals(i, echo.kinds.get(i));
        }
    }

    @Test
    void whoHasLeftIsRefusedUntilItJoinsAgain() throws InterruptedException {
        call(Lane.APPEND, 1, LIMIT);
        assertEquals("answered 1", next());
        two.leave();
        assertEquals(1, echo.ended.size());
        Eventually.holds("refused", () -> {
            call(Lane.APPEND, 2, LIMIT);
            return "UNKNOWN 2".equals(next(ends));
        });
        two = network.join(2, echo);
        Eventually.holds("reached", () -> {
            call(Lane.APPEND, 3, LIMIT);
            return "answered 3".equals(next(ends));
        });
    }
}
