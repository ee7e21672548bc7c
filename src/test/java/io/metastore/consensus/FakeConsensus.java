package io.metastore.consensus;

import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Consensus driven by hand: what is proposed waits until the test agrees to it.
public final class FakeConsensus implements Consensus {
    /// An entry that was proposed.
    record Proposed(List<byte[]> encoded, Pending pending) {
        int commands() {
            return pending.commands().size();
        }

        void agree() {
            List<Outcome<? extends Result>> outcomes = new ArrayList<>();
            for (int i = 0; i < commands(); i++) {
                outcomes.add(new Outcome.Done<>(new Result.Compact(1)));
            }
            pending.complete(outcomes);
        }
    }

    /// Thrown by the next proposal, null for none.
    volatile RuntimeException failure;

    final BlockingQueue<Proposed> proposed = new LinkedBlockingQueue<>();
    /// Rounds that were asked for and have not ended.
    public final BlockingQueue<BarrierCaller> barriers = new LinkedBlockingQueue<>();

    @Override
    public void propose(List<byte[]> encoded, Pending pending) {
        RuntimeException thrown = failure;
        if (thrown != null) {
            failure = null;
            throw thrown;
        }
        proposed.add(new Proposed(encoded, pending));
    }

    /// The next entry, which has to come soon.
    Proposed next() throws InterruptedException {
        Proposed next = proposed.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing was proposed");
        }
        return next;
    }

    @Override
    public void barrier(BarrierCaller caller) {
        barriers.add(caller);
    }

    @Override
    public Leadership leadership() {
        return new Leadership(1, 1, true, 1);
    }

    @Override
    public void transfer(long member) {
        throw new Unavailable.NoLeader();
    }

    @Override
    public boolean isInSync(long member) {
        return true;
    }

    @Override
    public boolean hasVote(long member) {
        return true;
    }

    @Override
    public long committedIndex() {
        return 0;
    }

    @Override
    public long appliedIndex() {
        return 0;
    }
}
