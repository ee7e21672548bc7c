package io.metastore.consensus;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/// Lets linearizable reads pass once everything agreed before they came is applied here (KVR-23). One round
/// with consensus is under way at a time; whoever arrives meanwhile shares the next one, since a round under
/// way may have begun before what the newcomer must see.
///
/// The waiting reads of a round go on together, on an executor of their own. A round that consensus does not
/// end in time is given up, with the reads that share it, and the next one begins ([#timeOut]).
public final class ReadBarrier {
    private final Consensus consensus;
    private final Executor reads;
    private List<Waiter> next = new ArrayList<>();
    /// When the first of those who wait for the next round arrived.
    private long nextSinceNanos;

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

    public void await(Waiter waiter) {
        Round first;
        synchronized (this) {
            if (next.isEmpty()) {
                nextSinceNanos = System.nanoTime();
            }
            next.add(waiter);
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

    /// Rounds that were given up because they did not end in time.
    public synchronized long late() {
        return late;
    }

    /// Rounds that failed for another reason, such as no leader.
    public synchronized long failed() {
        return failed;
    }

    /// Fails the reads of a round under way whose first one arrived more than `limitNanos` ago, and begins the
    /// next round. Those who wait for that one are younger than the round they waited out.
    public void timeOut(long limitNanos) {
        Round overdue;
        synchronized (this) {
            overdue = underWay;
            if (overdue == null || System.nanoTime() - overdue.sinceNanos < limitNanos) {
                return;
            }
        }
        overdue.failed(new Unavailable.TimedOut());
    }

    /// Makes those who wait a round under way. Called with the lock held and somebody waiting.
    private Round begin() {
        underWay = new Round(next, nextSinceNanos);
        next = new ArrayList<>();
        rounds++;
        return underWay;
    }

    /// Whether `round` ends now: true for the first who says so.
    private synchronized boolean ends(Round round) {
        if (underWay != round || round.ended) {
            return false;
        }
        round.ended = true;
        return true;
    }

    private synchronized void count(Unavailable reason) {
        if (reason instanceof Unavailable.TimedOut) {
            late++;
        } else {
            failed++;
        }
    }

    private void beginNext() {
        Round following;
        synchronized (this) {
            if (next.isEmpty()) {
                underWay = null;
                return;
            }
            following = begin();
        }
        consensus.barrier(following);
    }

    private final class Round implements Consensus.BarrierCaller {
        private final List<Waiter> sharing;
        private final long sinceNanos;

        private boolean ended;

        private Round(List<Waiter> sharing, long sinceNanos) {
            this.sharing = sharing;
            this.sinceNanos = sinceNanos;
        }

        @Override
        public void passed() {
            if (ends(this)) {
                reads.execute(() -> sharing.forEach(Waiter::pass));
                beginNext();
            }
        }

        @Override
        public void failed(Unavailable reason) {
            if (ends(this)) {
                count(reason);
                reads.execute(() -> sharing.forEach(waiter -> waiter.fail(reason)));
                beginNext();
            }
        }
    }
}
