package io.metastore.consensus;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;

/// Lets linearizable reads pass once everything agreed before they came is applied here (KVR-23). One round
/// with consensus is under way at a time; whoever arrives meanwhile shares the next one, since a round under
/// way may have begun before what the newcomer must see.
///
/// A round that fails because nobody leads, or the leader changed, and one that does not end, is held once more: its
/// readers keep their place and are joined by those who waited for the next. A reader gives up after its own time limit
/// ([#timeOut]). The readers of a round go on together, on an executor of their own.
public final class ReadBarrier {
    private final Consensus consensus;
    private final Executor reads;
    private List<Arrived> next = new ArrayList<>();
    private Round underWay;
    private long rounds;
    private long late;
    private long failed;

    /// @param reads runs what waits
    public ReadBarrier(Consensus consensus, Executor reads) {
        this.consensus = consensus;
        this.reads = reads;
    }

    /// A read that waits.
    public interface Waiter {
        void pass();

        void fail(Unavailable reason);
    }

    private record Arrived(Waiter waiter, long nanos) {}

    public void await(Waiter waiter) {
        Round first;
        synchronized (this) {
            next.add(new Arrived(waiter, System.nanoTime()));
            if (underWay != null) {
                return;
            }
            first = begin();
        }
        consensus.barrier(first);
    }

    /// Rounds held since the start.
    public synchronized long rounds() {
        return rounds;
    }

    /// Reads that were given up because no round ended in time for them.
    public synchronized long late() {
        return late;
    }

    /// Rounds that failed.
    public synchronized long failed() {
        return failed;
    }

    /// Fails the reads that arrived more than `limitNanos` ago. Called again and again.
    public void timeOut(long limitNanos) {
        List<Waiter> overdue = new ArrayList<>();
        synchronized (this) {
            long now = System.nanoTime();
            overdue.addAll(overdue(next, now, limitNanos));
            if (underWay != null) {
                overdue.addAll(overdue(underWay.sharing, now, limitNanos));
            }
            late += overdue.size();
        }
        if (!overdue.isEmpty()) {
            reads.execute(() -> overdue.forEach(waiter -> waiter.fail(new Unavailable.TimedOut())));
        }
    }

    private static List<Waiter> overdue(List<Arrived> waiting, long now, long limitNanos) {
        List<Waiter> overdue = new ArrayList<>();
        for (Iterator<Arrived> each = waiting.iterator(); each.hasNext(); ) {
            Arrived arrived = each.next();
            if (now - arrived.nanos() >= limitNanos) {
                overdue.add(arrived.waiter());
                each.remove();
            }
        }
        return overdue;
    }

    /// Holds a round once more that has failed, or that was asked for more than `lostNanos` ago. Called again and
    /// again,
    /// and when a leader is found.
    public void retry(long lostNanos) {
        Round again;
        synchronized (this) {
            boolean due = underWay != null && (underWay.lost || System.nanoTime() - underWay.askedNanos >= lostNanos);
            if (!due) {
                return;
            }
            underWay.sharing.addAll(next);
            next = underWay.sharing;
            underWay = null;
            if (next.isEmpty()) {
                return;
            }
            again = begin();
        }
        consensus.barrier(again);
    }

    /// Makes those who wait a round under way. Called with the lock held and somebody waiting.
    private Round begin() {
        underWay = new Round(next);
        next = new ArrayList<>();
        rounds++;
        return underWay;
    }

    /// Takes the readers of `round` when it is the one under way, and begins the next.
    private List<Arrived> end(Round round) {
        Round following = null;
        List<Arrived> sharing;
        synchronized (this) {
            if (underWay != round) {
                return List.of();
            }
            underWay = null;
            sharing = round.sharing;
            if (!next.isEmpty()) {
                following = begin();
            }
        }
        if (following != null) {
            consensus.barrier(following);
        }
        return sharing;
    }

    private final class Round implements Consensus.BarrierCaller {
        private final List<Arrived> sharing;
        private final long askedNanos = System.nanoTime();
        private boolean lost;

        private Round(List<Arrived> sharing) {
            this.sharing = sharing;
        }

        @Override
        public void passed() {
            List<Arrived> passing = end(this);
            if (!passing.isEmpty()) {
                reads.execute(() -> passing.forEach(arrived -> arrived.waiter().pass()));
            }
        }

        @Override
        public void failed(Unavailable reason) {
            synchronized (ReadBarrier.this) {
                if (underWay != this) {
                    return;
                }
                failed++;
                if (!(reason instanceof Unavailable.Stopping)) {
                    lost = true;
                    return;
                }
            }
            List<Arrived> failing = end(this);
            reads.execute(() -> failing.forEach(arrived -> arrived.waiter().fail(reason)));
        }
    }
}
