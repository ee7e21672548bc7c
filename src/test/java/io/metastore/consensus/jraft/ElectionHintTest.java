package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import io.metastore.thread.Threads;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// An election begins early when the leader's address refuses connections, and never for less.
class ElectionHintTest {
    private static final int USUAL_MS = 1_000;

    private final NodeOptions options = new NodeOptions();
    private final BlockingQueue<Integer> timeouts = new LinkedBlockingQueue<>();
    private final Node node = (Node)
            Proxy.newProxyInstance(Node.class.getClassLoader(), new Class<?>[] {Node.class}, (_, method, arguments) -> {
                assertEquals("resetElectionTimeoutMs", method.getName());
                options.setElectionTimeoutMs((Integer) arguments[0]);
                timeouts.add((Integer) arguments[0]);
                return null;
            });
    private final Scripted peers = new Scripted();
    private volatile Leadership leadership = new Leadership(4, 3, false, 1);
    private final ScheduledExecutorService clock = Threads.clock("election-hint", (what, cause) -> timeouts.add(-1));
    private ElectionHint hint;

    private ElectionHint of(long member) {
        options.setRaftOptions(new RaftOptions());
        hint = new ElectionHint(
                new RaftSettings("g", member, List.of(1L, 2L, 3L), Path.of("."), USUAL_MS, 100, 1, 0, 1),
                () -> List.of(1L, 2L, 3L),
                peers,
                () -> leadership,
                clock);
        hint.start(node, options);
        return hint;
    }

    @AfterEach
    void close() {
        clock.shutdownNow();
    }

    private static Caller laneOf(long member) {
        return new Caller(member, Lane.APPEND, () -> {});
    }

    @Test
    void theFirstFollowerBeginsAtOnceAndTheNextLater() throws InterruptedException {
        peers.failWith(PeerFailure.Kind.REFUSED);
        of(1).ended(laneOf(3));
        int first = timeouts.take();
        of(2).ended(laneOf(3));
        int second = timeouts.take();
        assertEquals(List.of(60, 180), List.of(first, second));
        assertEquals(20, options.getRaftOptions().getMaxElectionDelayMs());
    }

    @Test
    void theUsualTimeoutHoldsAgainOnceALeaderIsKnown() throws InterruptedException {
        peers.failWith(PeerFailure.Kind.REFUSED);
        of(1).ended(laneOf(3));
        timeouts.take();
        hint.leadershipChanged(new Leadership(4, 0, false, 1));
        hint.leadershipChanged(new Leadership(5, 2, false, 2));
        assertEquals(USUAL_MS, timeouts.take());
        assertEquals(USUAL_MS, options.getRaftOptions().getMaxElectionDelayMs());
        assertEquals(0, timeouts.size());
    }

    @Test
    void theLeaderIsAskedAgainWhileTheConnectionIsMadeAnew() throws InterruptedException {
        peers.failWith(PeerFailure.Kind.NOT_SENT, PeerFailure.Kind.UNKNOWN, PeerFailure.Kind.REFUSED);
        of(1).ended(laneOf(3));
        assertEquals(60, timeouts.take());
        assertEquals(3, peers.asked.size());
    }

    @Test
    void aLeaderThatAnswersIsStillBelieved() throws InterruptedException {
        peers.failWith(PeerFailure.Kind.TIMED_OUT, null);
        of(1).ended(laneOf(3));
        peers.answered.take();
        assertNull(timeouts.poll(100, TimeUnit.MILLISECONDS));
    }

    @Test
    void theEndOfAFollowersLaneIsNoHint() {
        peers.failWith(PeerFailure.Kind.REFUSED);
        of(1).ended(laneOf(2));
        assertEquals(List.of(), List.copyOf(peers.asked));
    }

    @Test
    void aLeaderThatWasReplacedMeanwhileIsNotAskedAnyMore() throws InterruptedException {
        peers.failWith(PeerFailure.Kind.NOT_SENT, PeerFailure.Kind.REFUSED);
        peers.meanwhile = () -> leadership = new Leadership(5, 2, false, 2);
        of(1).ended(laneOf(3));
        assertNull(timeouts.poll(200, TimeUnit.MILLISECONDS));
    }

    /// Fails calls as told, one after the other; answers where nothing is told.
    private static final class Scripted implements Peers {
        private final Queue<Long> asked = new ConcurrentLinkedQueue<>();
        private final BlockingQueue<Long> answered = new LinkedBlockingQueue<>();
        private final Queue<PeerFailure.Kind> failures = new ArrayDeque<>();
        private PeerFailure.Kind last;
        private Runnable meanwhile = () -> {};

        private void failWith(PeerFailure.Kind... kinds) {
            for (PeerFailure.Kind kind : kinds) {
                if (kind != null) {
                    failures.add(kind);
                }
                last = kind;
            }
        }

        @Override
        public void call(long member, Lane lane, PeerMessage message, Reply reply, Duration limit) {
            asked.add(member);
            PeerFailure.Kind kind = failures.isEmpty() ? last : failures.remove();
            meanwhile.run();
            if (kind == null) {
                reply.answered(message);
                answered.add(member);
            } else {
                reply.failed(new PeerFailure(kind, "scripted"));
            }
        }
    }
}
