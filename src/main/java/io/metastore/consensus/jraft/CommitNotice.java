package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/// Tells followers how far entries are agreed when nothing else would before the next heartbeat: they could not apply
/// until then, and a client that writes through one would wait for it with every write.
///
/// JRaft says how far entries are agreed with each append and each heartbeat. Under load the next append does; behind
/// the last entry of a burst a read-index round does, whose heartbeats go out at once. An entry that came from a
/// follower is told at once, since somebody waits there. One of this member's own clients is waited for there by
/// watchers alone, and is told a moment later, unless another entry has followed it by then: a client that writes one
/// after the other through the leader costs no round.
///
/// JRaft lets a follower believe no more than what it is known to have. One that acknowledges an entry after the others
/// have agreed to it learns nothing from their round, and is told once it has.
///
/// ```
/// entries in the log  agreed  from      what happens
/// 1 to 7              5       anybody   nothing: 6 and 7 are on their way and tell of 5
/// 1 to 7              7       follower  a round
/// 1 to 7              7       leader    a round in 10 ms; none if the log holds 8 by then
/// ```
final class CommitNotice {
    private static final Logger LOG = Logger.getLogger(CommitNotice.class);
    private static final byte[] NO_CONTEXT = new byte[0];
    private static final long NO_TIME_LIMIT = -1;
    private static final long NOT_ALL = -1;

    private final Consumer<Runnable> later;
    private final AtomicBoolean waiting = new AtomicBoolean();
    private final AtomicBoolean underWay = new AtomicBoolean();
    private volatile boolean again;
    /// The last entry that somebody waits for at a follower.
    private volatile long awaited;

    /// @param later runs work in a moment, on a thread that may wait for raft
    CommitNotice(Consumer<Runnable> later) {
        this.later = later;
    }

    /// Called on the apply thread of the leader behind what it applied.
    ///
    /// @param ofOthers whether some of that came from a follower
    void applied(Node node, boolean ofOthers) {
        long last = agreed(node);
        if (last == NOT_ALL) {
            return;
        }
        if (ofOthers) {
            awaited = last;
            again = true;
            tell(node);
        } else if (waiting.compareAndSet(false, true)) {
            later.accept(() -> afterAMoment(node, last));
        }
    }

    /// Called by a thread of raft's once it knows that a follower has the log up to `matched`.
    void acknowledged(Node node, long matched) {
        if (matched == awaited && matched == agreed(node)) {
            again = true;
            tell(node);
        }
    }

    /// The last entry of the log when all of it is agreed on, else [#NOT_ALL], as while the node shuts down.
    private static long agreed(Node node) {
        long last = LogIndexes.last(node);
        return last != LogIndexes.UNKNOWN && last <= LogIndexes.committed(node) ? last : NOT_ALL;
    }

    private void afterAMoment(Node node, long last) {
        waiting.set(false);
        long now = agreed(node);
        if (now == last) {
            again = true;
            tell(node);
        } else if (now != NOT_ALL && waiting.compareAndSet(false, true)) {
            // The last of those that followed has not been told.
            later.accept(() -> afterAMoment(node, now));
        }
    }

    private void tell(Node node) {
        if (!again || !underWay.compareAndSet(false, true)) {
            return;
        }
        again = false;
        try {
            node.readIndex(NO_CONTEXT, new Round(node));
        } catch (IllegalStateException shutDown) {
            // Called on the apply thread and on the clock, where what is thrown stops the member as a fault does. A
            // node that shuts down has told its followers by handing over; they hear the rest from the next leader.
            LOG.debugf("followers hear no more: %s", shutDown.getMessage());
        }
    }

    private final class Round extends ReadIndexClosure {
        private final Node node;

        private Round(Node node) {
            super(NO_TIME_LIMIT);
            this.node = node;
        }

        @Override
        public void run(Status status, long index, byte[] context) {
            underWay.set(false);
            if (status.isOk()) {
                tell(node);
            }
        }
    }
}
