package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/// Followers hear at once of the last entry of a burst, and nothing is sent where the next append says it.
class CommitNoticeTest {
    private final Deque<ReadIndexClosure> rounds = new ArrayDeque<>();
    private final Deque<Runnable> moments = new ArrayDeque<>();
    private final CommitNotice notice = new CommitNotice(moments::add);
    private long last;
    private long committed;
    private boolean shutDown;
    private final Node node = (Node) Proxy.newProxyInstance(
            Node.class.getClassLoader(),
            new Class<?>[] {Node.class},
            (_, method, arguments) -> switch (method.getName()) {
                case "getLastLogIndex" -> active(last);
                case "getLastCommittedIndex" -> active(committed);
                case "readIndex" -> {
                    if (shutDown) {
                        throw new IllegalStateException("Node is shutting down");
                    }
                    rounds.add((ReadIndexClosure) arguments[1]);
                    yield null;
                }
                default -> throw new AssertionError(method + " is not asked for");
            });

    private long active(long index) {
        if (shutDown) {
            throw new IllegalStateException("The node is not active, current state: STATE_SHUTTING");
        }
        return index;
    }

    private void applied(long lastInLog, long agreed) {
        last = lastInLog;
        committed = agreed;
        notice.applied(node, true);
    }

    @Test
    void theLastEntryIsToldAtOnce() {
        applied(7, 7);
        assertEquals(1, rounds.size());
    }

    /// A heartbeat tells a follower of nothing that it is not known to have.
    @Test
    void whoAcknowledgesLaterIsToldThen() {
        applied(7, 5);
        notice.acknowledged(node, 7);
        assertEquals(0, rounds.size(), "not agreed yet");
        applied(7, 7);
        rounds.remove().run(Status.OK(), 7, null);
        notice.acknowledged(node, 7);
        assertEquals(1, rounds.size());
        rounds.remove().run(Status.OK(), 7, null);
        last = 8;
        notice.acknowledged(node, 7);
        committed = 8;
        notice.acknowledged(node, 8);
        assertEquals(0, rounds.size(), "8 told of 7, and nobody waits for 8 there");
    }

    @Test
    void whatTheNextAppendTellsIsNotToldTwice() {
        applied(7, 5);
        assertEquals(0, rounds.size());
    }

    @Test
    void oneRoundIsUnderWayAtATimeAndAnotherFollowsWhereThereIsMore() {
        applied(7, 7);
        applied(8, 8);
        applied(9, 9);
        assertEquals(1, rounds.size());
        rounds.remove().run(Status.OK(), 7, null);
        assertEquals(1, rounds.size(), "8 and 9 together");
        rounds.remove().run(Status.OK(), 9, null);
        assertEquals(0, rounds.size());
        applied(10, 10);
        assertEquals(1, rounds.size());
    }

    /// What is thrown where this is called would end a member that stops in order as a fault does.
    @Test
    void aNodeThatShutsDownIsNoFault() {
        last = 7;
        committed = 7;
        notice.applied(node, false);
        shutDown = true;
        moments.remove().run();
        applied(8, 8);
        notice.acknowledged(node, 8);
        assertEquals(0, rounds.size());
    }

    @Test
    void aRoundThatFailsIsNotRepeatedByItself() {
        applied(7, 7);
        applied(8, 8);
        rounds.remove().run(new Status(1, "no longer the leader"), 0, null);
        assertEquals(0, rounds.size());
        applied(9, 9);
        assertEquals(1, rounds.size());
    }

    private void appliedOfOwnClients(long entry) {
        last = entry;
        committed = entry;
        notice.applied(node, false);
    }

    @Test
    void anEntryOfTheLeadersOwnClientsIsToldAMomentLater() {
        appliedOfOwnClients(7);
        assertEquals(0, rounds.size());
        moments.remove().run();
        assertEquals(1, rounds.size());
        assertEquals(0, moments.size());
    }

    @Test
    void aClientThatWritesOneAfterTheOtherCostsOneRoundBehindItsLast() {
        appliedOfOwnClients(7);
        appliedOfOwnClients(8);
        assertEquals(1, moments.size());
        moments.remove().run();
        assertEquals(0, rounds.size(), "8 has told of 7");
        appliedOfOwnClients(9);
        moments.remove().run();
        assertEquals(0, rounds.size(), "9 has told of 8");
        moments.remove().run();
        assertEquals(1, rounds.size());
        assertEquals(0, moments.size());
    }

    @Test
    void whatIsOnItsWayTellsByItself() {
        appliedOfOwnClients(7);
        last = 8;
        moments.remove().run();
        assertEquals(0, rounds.size());
        assertEquals(0, moments.size());
        appliedOfOwnClients(8);
        moments.remove().run();
        assertEquals(1, rounds.size());
    }
}
