package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.error.RaftError;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.metastore.Eventually;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.Origins;
import io.metastore.consensus.Unavailable;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.value.Bytes;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Where entries go, and that none of unknown fate is sent twice.
class ProposalRouterTest {
    private static final Command.Put PUT =
            new Command.Put(Bytes.utf8("key"), Bytes.utf8("value"), 0, false, false, false);
    private static final long SELF = 1;
    private static final long OTHER = 2;

    private record Sent(long member, Lane lane, PeerMessage message, Peers.Reply reply) {}

    private static final class Caught implements Consensus.Pending {
        private final long term;
        private volatile Unavailable failed;
        private volatile boolean abandoned;
        private volatile boolean handed;

        private Caught(long term) {
            this.term = term;
        }

        @Override
        public long term() {
            return term;
        }

        @Override
        public boolean isAbandoned() {
            return abandoned;
        }

        @Override
        public void handed(boolean toLeader) {
            handed = toLeader;
        }

        @Override
        public void failed(Unavailable reason) {
            failed = reason;
        }

        @Override
        public List<? extends Command<?>> commands() {
            return List.of(PUT);
        }

        @Override
        public void complete(List<Outcome<? extends Result>> outcomes) {
            throw new AssertionError("nothing is applied here");
        }
    }

    private final BlockingQueue<Task> applied = new LinkedBlockingQueue<>();
    private final BlockingQueue<Sent> sent = new LinkedBlockingQueue<>();
    private final Origins origins = new Origins(SELF, 77);
    private volatile Leadership leadership = new Leadership(3, SELF, true, 1);
    private final ProposalRouter router = new ProposalRouter(
            origins,
            () -> leadership,
            (member, lane, message, reply, _) -> sent.add(new Sent(member, lane, message, reply)),
            Runnable::run,
            (what, cause) -> {
                throw new AssertionError(what, cause);
            });

    ProposalRouterTest() {
        router.start((Node) Proxy.newProxyInstance(
                Node.class.getClassLoader(), new Class<?>[] {Node.class}, (_, method, arguments) -> {
                    assertEquals("apply", method.getName());
                    applied.add((Task) arguments[0]);
                    return null;
                }));
    }

    @AfterEach
    void close() {
        router.close();
    }

    private Caught propose() {
        return propose(0);
    }

    private Caught propose(long term) {
        Caught caller = new Caught(term);
        router.propose(List.of(CommandCodec.encode(PUT)), caller);
        return caller;
    }

    private static <T> T soon(BlockingQueue<T> queue) throws InterruptedException {
        T next = queue.poll(10, TimeUnit.SECONDS);
        assertNotNull(next);
        return next;
    }

    @Test
    void aLeaderAppliesItsOwnEntriesInItsTermOnly() throws Exception {
        Caught caller = propose();
        Task task = soon(applied);
        assertEquals(3, task.getExpectedTerm());
        assertNull(caller.failed);
        assertEquals(caller, origins.take(task.getData()));
        assertNull(origins.take(task.getData()), "it is taken once");
    }

    @Test
    void whatALeaderHasNotTakenIsTriedAgain() throws Exception {
        Caught caller = propose();
        for (Status never : List.of(
                new Status(RaftError.EBUSY, "Node is busy, has too many tasks."),
                new Status(RaftError.EPERM, "Is not leader."),
                new Status(RaftError.EPERM, "expected_term=3 doesn't match current_term=4"))) {
            soon(applied).getDone().run(never);
        }
        soon(applied);
        assertNull(caller.failed);
    }

    /// JRaft's words for what was in the log of a leader that stepped down.
    @Test
    void whatALeaderMayHaveTakenIsNeverSentAgainAndFailsWithItsTerm() throws Exception {
        Caught caller = propose();
        soon(applied).getDone().run(new Status(RaftError.EPERM, "Leader stepped down"));
        assertNull(applied.poll(50, TimeUnit.MILLISECONDS), "it is tried again after 10 ms, if at all");
        origins.reached(3);
        assertNull(caller.failed, "it may still come");
        origins.reached(4);
        assertInstanceOf(Unavailable.LeaderChanged.class, caller.failed);
    }

    @Test
    void aFollowerSendsToItsLeaderAndAgainOnlyWhatWasNotTaken() throws Exception {
        leadership = new Leadership(5, OTHER, false, 2);
        Caught caller = propose();
        Sent first = soon(sent);
        assertEquals(OTHER, first.member());
        assertEquals(Lane.FORWARD, first.lane());
        assertEquals(5, first.message().body().asReadOnlyByteBuffer().getLong(), "the term that it counts on");
        first.reply().failed(new PeerFailure(PeerFailure.Kind.NOT_SENT, "no connection"));
        soon(sent).reply().answered(new PeerMessage(100, ByteString.copyFrom(new byte[] {1})));
        soon(sent).reply().failed(new PeerFailure(PeerFailure.Kind.UNKNOWN, "the connection broke"));
        Sent fence = soon(sent);
        assertEquals(2, epoch(fence), "what follows goes over another connection");
        assertNull(sent.poll(50, TimeUnit.MILLISECONDS), "its fate is unknown");
        fence.reply().answered(new PeerMessage(100, ByteString.copyFrom(new byte[] {1})));
        assertEquals(2, epoch(soon(sent)), "not taken, tried again");
        leadership = new Leadership(6, SELF, true, 3);
        router.leadershipChanged(leadership);
        Task moving = soon(applied);
        origins.reached(6);
        assertInstanceOf(Unavailable.LeaderChanged.class, caller.failed);
        assertEquals(List.of(), origins.take(moving.getData()).commands(), "an entry that only moves the log on");
    }

    private static long epoch(Sent sent) {
        return sent.message().body().asReadOnlyByteBuffer().getLong(Long.BYTES);
    }

    private static ByteBuffer entry(Sent sent) {
        return sent.message().body().asReadOnlyByteBuffer().position(2 * Long.BYTES);
    }

    /// The leader stays, only the connection breaks: what was lost with it must not be waited for until the next
    /// election.
    @Test
    void whatWasLostWithAConnectionFailsOnceTheNextHasBroughtAnEntry() throws Exception {
        leadership = new Leadership(5, OTHER, false, 2);
        Caught lost = propose();
        Caught arrived = propose();
        Sent first = soon(sent);
        Sent second = soon(sent);
        first.reply().failed(new PeerFailure(PeerFailure.Kind.UNKNOWN, "the connection broke"));
        second.reply().failed(new PeerFailure(PeerFailure.Kind.UNKNOWN, "the connection broke"));
        Sent fence = soon(sent);
        assertNull(sent.poll(50, TimeUnit.MILLISECONDS), "one for both");
        origins.reached(5);
        assertEquals(arrived, origins.take(entry(second)));
        assertNull(lost.failed, "it may still come");
        assertEquals(List.of(), origins.take(entry(fence)).commands());
        assertInstanceOf(Unavailable.LeaderChanged.class, lost.failed);
        assertEquals(0, origins.size());
    }

    @Test
    void aLeaderTakesNothingOfAnEarlierConnection() throws Exception {
        BlockingQueue<PeerMessage> answers = new LinkedBlockingQueue<>();
        Caller other = new Caller(OTHER, Lane.FORWARD, () -> {});
        router.called(other, forwarded(3, 7), answers::add);
        soon(applied);
        router.called(other, forwarded(3, 6), answers::add);
        assertEquals(1, soon(answers).body().byteAt(0), "not taken");
        router.called(other, forwarded(3, 7), answers::add);
        soon(applied);
        router.called(new Caller(9, Lane.FORWARD, () -> {}), forwarded(3, 1), answers::add);
        soon(applied);
        assertNull(answers.poll());
    }

    @Test
    void withoutALeaderEntriesWait() throws Exception {
        leadership = new Leadership(5, 0, false, 2);
        Caught caller = propose();
        assertNull(applied.poll(50, TimeUnit.MILLISECONDS));
        leadership = new Leadership(6, SELF, true, 3);
        assertEquals(6, soon(applied).getExpectedTerm());
        assertNull(caller.failed);
    }

    @Test
    void whatNobodyWaitsForAnyMoreGoesToNoLeader() throws Exception {
        leadership = new Leadership(5, 0, false, 2);
        Caught caller = propose();
        assertFalse(caller.handed);
        caller.abandoned = true;
        leadership = new Leadership(6, SELF, true, 3);
        Eventually.holds("it is given up", () -> caller.failed != null);
        assertNull(applied.poll());
        assertEquals(0, origins.size());
    }

    /// A leader that is told only when it hands over an entry that its term is over.
    @Test
    void whatIsBoundToATermGoesToTheLogInThatTermOnly() throws Exception {
        Caught bound = propose(3);
        Caught free = propose();
        assertTrue(bound.handed);
        Task ofBound = soon(applied);
        Task ofFree = soon(applied);
        leadership = new Leadership(4, SELF, true, 2);
        for (Task task : List.of(ofBound, ofFree)) {
            task.getDone().run(new Status(RaftError.EPERM, "expected_term=3 doesn't match current_term=4"));
        }
        assertEquals(4, soon(applied).getExpectedTerm());
        assertNull(free.failed);
        assertInstanceOf(Unavailable.LeaderChanged.class, bound.failed);
        assertNull(applied.poll(50, TimeUnit.MILLISECONDS), "it is tried again after 10 ms, if at all");

        leadership = new Leadership(4, 0, false, 3);
        assertInstanceOf(Unavailable.LeaderChanged.class, propose(4).failed);
    }

    @Test
    void whatWaitsWhenTheMemberStopsFails() {
        leadership = new Leadership(5, 0, false, 2);
        Caught caller = propose();
        router.close();
        assertInstanceOf(Unavailable.Stopping.class, caller.failed);
    }

    @Test
    void aLeaderTakesAnothersEntryInTheTermThatItCountsOnAndSaysHowItEnded() throws Exception {
        BlockingQueue<PeerMessage> answers = new LinkedBlockingQueue<>();
        Caller other = new Caller(OTHER, Lane.FORWARD, () -> {});
        router.called(other, forwarded(2, 1), answers::add);
        assertEquals(1, soon(answers).body().byteAt(0), "of another term: not taken");
        router.called(other, forwarded(3, 1), answers::add);
        Task task = soon(applied);
        assertEquals(ByteBuffer.wrap(new byte[] {9, 8}), task.getData());
        task.getDone().run(Status.OK());
        assertEquals(0, soon(answers).body().byteAt(0));
        router.called(other, forwarded(3, 1), answers::add);
        soon(applied).getDone().run(new Status(RaftError.EPERM, "Leader stepped down"));
        assertEquals(2, soon(answers).body().byteAt(0), "lost: it may be agreed yet");
        leadership = new Leadership(3, 0, false, 1);
        router.called(other, forwarded(3, 1), answers::add);
        assertEquals(1, soon(answers).body().byteAt(0), "does not lead: not taken");
    }

    private static PeerMessage forwarded(long term, long epoch) {
        return new PeerMessage(
                PeerMessage.Kinds.FORWARD,
                UnsafeByteOperations.unsafeWrap(ByteBuffer.allocate(2 * Long.BYTES + 2)
                        .putLong(term)
                        .putLong(epoch)
                        .put((byte) 9)
                        .put((byte) 8)
                        .flip()));
    }
}
