package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.error.RaftError;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.Origins;
import io.metastore.consensus.Unavailable;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import io.metastore.machine.Command;
import io.metastore.machine.EntryCodec;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.thread.Threads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Brings entries to the leader: to this member's own node, or over the forward lane to another's.
///
/// An entry that a leader has certainly not taken waits here for the next try. One of unknown fate is never sent again:
/// it comes back through the apply loop, or fails once it is certain that it never will: when an entry of a later term
/// is
/// applied, or one that went to the same leader over a later connection. So that this is soon, a new leader, and one
/// that is reached again, gets an entry without commands.
///
/// ```
/// leader says          entry
/// (nobody waits)       given up before any leader has it
/// not leader, full     waits here, tried again after a pause or at a change of leadership
/// (connection breaks)  unknown: stays with Origins; the next connections are another epoch, of which the leader takes
///                      nothing of an earlier one any more
/// lost                 stays with Origins until its term is over
/// taken and applied    ended by the apply loop, maybe before the leader's answer
/// ```
final class ProposalRouter implements PeerHandler, AutoCloseable {
    /// Pause before an entry that was not taken is tried again.
    private static final Duration PAUSE = Duration.ofMillis(10);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    /// Bytes of other members' entries that a leader has taken and not yet seen agreed.
    private static final long FORWARDED_BYTES_MAX = 64L << 20;

    private static final byte ENDED = 0;
    private static final byte NOT_TAKEN = 1;
    private static final byte LOST = 2;

    private final Origins origins;
    private final Supplier<Leadership> leadership;
    private final Peers peers;
    private final Consumer<Runnable> guarded;
    private final ScheduledExecutorService clock;
    private final Deque<Origins.Entry> held = new ArrayDeque<>();
    private final AtomicBoolean retrying = new AtomicBoolean();
    private final AtomicLong forwardedBytes = new AtomicLong();
    /// Counts the connections over which entries went: each time the fate of one is not known, later ones are
    /// another's.
    private final AtomicLong epoch = new AtomicLong(1);
    /// What was taken last of each other member.
    private final Map<Long, Taken> taken = new HashMap<>();

    private volatile Node node;
    private volatile boolean stopping;

    /// @param guarded runs what JRaft calls back; a failure in it stops the member
    ProposalRouter(
            Origins origins,
            Supplier<Leadership> leadership,
            Peers peers,
            Consumer<Runnable> guarded,
            Threads.Halt faults) {
        this.origins = origins;
        this.leadership = leadership;
        this.peers = peers;
        this.guarded = guarded;
        this.clock = Threads.clock("proposal-retry", faults);
    }

    private record Taken(long boot, long epoch) {}

    void start(Node started) {
        node = started;
    }

    void propose(List<byte[]> commands, Consensus.Pending pending) {
        route(origins.register(commands, pending));
    }

    private void route(Origins.Entry entry) {
        Leadership now = leadership.get();
        if (stopping) {
            origins.fail(entry, new Unavailable.Stopping());
        } else if (entry.isStale(now)) {
            origins.fail(entry, new Unavailable.LeaderChanged());
        } else if (now.isLeader()) {
            entry.handed(new Origins.Handed(now.term(), epoch.get()));
            apply(entry.bytes(), now.term(), new OwnEntry(entry));
        } else if (now.leader() != 0) {
            forward(entry, now);
        } else {
            hold(entry);
        }
    }

    private void apply(ByteBuffer entry, long term, Closure done) {
        Task task = new Task(entry, done);
        // Nothing is put into the log of another term than the one that its origin counts on.
        task.setExpectedTerm(term);
        try {
            node.apply(task);
        } catch (IllegalStateException | NullPointerException shuttingDown) {
            // A node that has ended has no queue any more, and looks for that too late.
            done.run(new Status(RaftError.ENODESHUTDOWN, "the node is shutting down"));
        }
    }

    /// Keeps an entry that no leader has until there is one that may take it.
    private void hold(Origins.Entry entry) {
        entry.handed(Origins.Handed.NOT);
        synchronized (held) {
            held.addLast(entry);
        }
        if (stopping) {
            failHeld();
        } else if (retrying.compareAndSet(false, true)) {
            try {
                clock.schedule(this::retry, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException _) {
                failHeld();
            }
        }
    }

    private void retry() {
        retrying.set(false);
        List<Origins.Entry> tried;
        synchronized (held) {
            tried = List.copyOf(held);
            held.clear();
        }
        tried.forEach(this::route);
    }

    /// Sees to it that entries of earlier terms come to an end. Called on the apply thread.
    void leadershipChanged(Leadership now) {
        if (now.leader() != 0 && origins.hasOlderThan(now.term())) {
            propose(List.of(), new NoCallers());
        }
    }

    private void forward(Origins.Entry entry, Leadership to) {
        long current = epoch.get();
        entry.handed(new Origins.Handed(to.term(), current));
        ByteBuffer bytes = entry.bytes();
        ByteString message = UnsafeByteOperations.unsafeWrap(ByteBuffer.allocate(2 * Long.BYTES)
                        .putLong(to.term())
                        .putLong(current)
                        .flip())
                .concat(UnsafeByteOperations.unsafeWrap(bytes));
        peers.call(
                to.leader(),
                Lane.FORWARD,
                new PeerMessage(PeerMessage.Kinds.FORWARD, message),
                new Peers.Reply() {
                    @Override
                    public void answered(PeerMessage answer) {
                        if (answer.body().size() == 1 && answer.body().byteAt(0) == NOT_TAKEN) {
                            hold(entry);
                        }
                    }

                    @Override
                    public void failed(PeerFailure why) {
                        if (why.neverSent()) {
                            hold(entry);
                        } else if (epoch.compareAndSet(current, current + 1)) {
                            propose(List.of(), new NoCallers());
                        }
                    }
                },
                ANSWER_MAX);
    }

    /// Takes another member's entry, when this one leads in the term that the other counts on.
    @Override
    public void called(Caller caller, PeerMessage message, Consumer<PeerMessage> answer) {
        ByteBuffer body = message.body().asReadOnlyByteBuffer();
        long term = body.getLong();
        long over = body.getLong();
        int bytes = body.remaining();
        Leadership now = leadership.get();
        Node current = node;
        boolean takes = current != null
                && !stopping
                && now.isLeader()
                && now.term() == term
                && forwardedBytes.get() + bytes <= FORWARDED_BYTES_MAX;
        if (!takes) {
            answer.accept(answer(NOT_TAKEN));
            return;
        }
        byte[] copy = new byte[bytes];
        body.get(copy);
        Closure done = status -> guarded.accept(() -> {
            forwardedBytes.addAndGet(-bytes);
            answer.accept(answer(status.isOk() ? ENDED : wasTaken(status) ? LOST : NOT_TAKEN));
        });
        forwardedBytes.addAndGet(bytes);
        if (!applyInOrder(caller.member(), over, ByteBuffer.wrap(copy), term, done)) {
            forwardedBytes.addAndGet(-bytes);
            answer.accept(answer(NOT_TAKEN));
        }
    }

    /// Hands another member's entry to the node, unless something of a later connection of that member was handed to it
    /// before.
    private synchronized boolean applyInOrder(long member, long over, ByteBuffer entry, long term, Closure done) {
        Taken last = taken.get(member);
        long boot = EntryCodec.origin(entry).boot();
        if (last != null && last.boot() == boot && over < last.epoch()) {
            return false;
        }
        taken.put(member, new Taken(boot, over));
        apply(entry, term, done);
        return true;
    }

    private static PeerMessage answer(byte how) {
        return new PeerMessage(PeerMessage.Kinds.FORWARD, UnsafeByteOperations.unsafeWrap(new byte[] {how}));
    }

    /// JRaft gives one code to entries that it never took and to entries that were in the log when this member stopped
    /// leading; these may still be agreed, by the next leader or after a restart. Only the text tells them apart,
    /// and what is not known to be harmless counts as the latter.
    private static boolean wasTaken(Status status) {
        String text = status.getErrorMsg() == null ? "" : status.getErrorMsg();
        return switch (status.getRaftError()) {
            case EBUSY, ENODESHUTDOWN -> false;
            case EPERM -> !text.equals("Is not leader.") && !text.startsWith("expected_term=");
            default -> true;
        };
    }

    /// What JRaft carries along with an entry that was put together here.
    private final class OwnEntry implements Closure {
        private final Origins.Entry entry;

        private OwnEntry(Origins.Entry entry) {
            this.entry = entry;
        }

        @Override
        public void run(Status status) {
            if (status.isOk()) {
                return; // the apply loop ends it
            }
            guarded.accept(() -> {
                RaftError error = status.getRaftError();
                if (error == RaftError.ECANCELED || error == RaftError.ENODESHUTDOWN || error == RaftError.ESHUTDOWN) {
                    origins.fail(
                            entry,
                            error == RaftError.ECANCELED
                                    ? new Unavailable.LeaderChanged()
                                    : new Unavailable.Stopping());
                } else if (!wasTaken(status)) {
                    hold(entry);
                } else if (stopping) {
                    origins.fail(entry, new Unavailable.Stopping());
                }
                // Else it may still be agreed: it comes back, or its term ends.
            });
        }
    }

    /// An entry that only moves the log into a new term.
    private static final class NoCallers implements Consensus.Pending {
        @Override
        public void failed(Unavailable reason) {
            // Nobody waits.
        }

        @Override
        public List<? extends Command<?>> commands() {
            return List.of();
        }

        @Override
        public void complete(List<Outcome<? extends Result>> outcomes) {
            // Nobody waits.
        }
    }

    private void failHeld() {
        List<Origins.Entry> left;
        synchronized (held) {
            left = List.copyOf(held);
            held.clear();
        }
        left.forEach(entry -> origins.fail(entry, new Unavailable.Stopping()));
    }

    /// Fails what has not come back. Called when the node has stopped and applies nothing any more.
    void nodeStopped() {
        origins.stop();
    }

    /// Takes no more and fails what waits for a leader.
    @Override
    public void close() {
        stopping = true;
        clock.shutdownNow();
        failHeld();
    }
}
