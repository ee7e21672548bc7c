package io.metastore.service;

import io.metastore.measure.Histogram;
import java.util.concurrent.atomic.LongAdder;

/// Figures of collecting what compactions leave behind.
public final class CompactionMetrics {
    private final LongAdder removed = new LongAdder();
    private final Histogram steps = Histogram.ofMilliseconds(1_000_000, 13);
    private final Histogram walks = Histogram.ofMilliseconds(100_000_000, 14);
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
