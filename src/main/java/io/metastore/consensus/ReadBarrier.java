package io.metastore.consensus;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/// Lets linearizable reads pass once everything agreed before they came is applied here (KVR-23). One round
/// with consensus is under way at a time; whoever arrives meanwhile shares the next one, since a round under
/// way may have begun before what the newcomer must see.
///
/// The waiting reads of a round go on together, on an executor of their own.
public final class ReadBarrier {
    private final Consensus consensus;
    private final Executor reads;
    private List<Waiter> next = new ArrayList<>();
    private boolean underWay;
    private long rounds;

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
        synchronized (this) {
            next.add(waiter);
            if (underWay) {
                return;
            }
            underWay = true;
        }
        startRound();
    }

    /// Rounds held since the start.
    public synchronized long rounds() {
        return rounds;
    }

    private void startRound() {
        List<Waiter> sharing;
        synchronized (this) {
            if (next.isEmpty()) {
                underWay = false;
                return;
            }
            sharing = next;
            next = new ArrayList<>();
            rounds++;
        }
        consensus.barrier(new Round(sharing));
    }

    private final class Round implements Consensus.BarrierCaller {
        private final List<Waiter> sharing;

        private Round(List<Waiter> sharing) {
            this.sharing = sharing;
        }

        @Override
        public void passed() {
            reads.execute(() -> sharing.forEach(Waiter::pass));
            startRound();
        }

        @Override
        public void failed(Unavailable reason) {
            reads.execute(() -> sharing.forEach(waiter -> waiter.fail(reason)));
            startRound();
        }
    }
}
