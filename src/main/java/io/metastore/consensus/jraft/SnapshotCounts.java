package io.metastore.consensus.jraft;

import io.metastore.measure.Histogram;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// Snapshots that went one way between this member and another.
public final class SnapshotCounts {
    private final AtomicInteger underWay = new AtomicInteger();
    private final LongAdder succeeded = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Histogram times = Histogram.ofSeconds(100_000_000, 10);

    public void begun() {
        underWay.incrementAndGet();
    }

    public void ended(boolean success, long nanos) {
        underWay.decrementAndGet();
        if (success) {
            succeeded.increment();
            times.record(nanos);
        } else {
            failed.increment();
        }
    }

    public int underWay() {
        return underWay.get();
    }

    public long succeeded() {
        return succeeded.sum();
    }

    public long failed() {
        return failed.sum();
    }

    /// Times of those that succeeded, from the leader's call until the other's state is the leader's.
    public Histogram times() {
        return times;
    }

    /// Whether there were any.
    public boolean any() {
        return underWay() + succeeded() + failed() > 0;
    }
}
