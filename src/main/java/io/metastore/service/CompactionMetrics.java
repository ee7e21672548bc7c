package io.metastore.service;

import io.metastore.measure.Histogram;
import java.util.concurrent.atomic.LongAdder;

/// Figures of collecting what compactions leave behind.
public final class CompactionMetrics {
    private final LongAdder removed = new LongAdder();
    private final Histogram steps = Histogram.ofMilliseconds(1_000_000, 13);
    private final Histogram walks = Histogram.ofMilliseconds(100_000_000, 14);
    private final Histogram merges = Histogram.ofSeconds(100_000_000, 13);
    private volatile boolean merging;
    private volatile long lastSeconds;

    CompactionMetrics() {}

    void step(int changes, long nanos) {
        removed.add(changes);
        steps.record(nanos);
    }

    void walk(long nanos, long nowSeconds) {
        walks.record(nanos);
        lastSeconds = nowSeconds;
    }

    void merging(boolean now) {
        merging = now;
    }

    void merged(long nanos) {
        merges.record(nanos);
    }

    /// Whether the tables are being merged as a whole.
    public boolean isMerging() {
        return merging;
    }

    /// Times of merging the tables as a whole.
    public Histogram merges() {
        return merges;
    }

    /// Changes removed from the history.
    public long removed() {
        return removed.sum();
    }

    /// When the last walk ended, in seconds since 1970; 0 before the first.
    public long lastSeconds() {
        return lastSeconds;
    }

    /// Times of single steps.
    public Histogram steps() {
        return steps;
    }

    /// Times from the first step of a walk to its last, rests included.
    public Histogram walks() {
        return walks;
    }
}
