package io.metastore.measure;

import java.util.concurrent.atomic.AtomicLongArray;

/// Counts values in buckets whose upper bounds double: what it takes to say later how many were at most so
/// large, and how large all of them were together.
///
/// A value costs two additions to memory, no lock and no garbage; any thread may record. Who reads while others
/// record may miss the newest values, never counts one twice.
public final class Histogram {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long NANOS_PER_MILLISECOND = 1_000_000;

    private final long first;
    private final int buckets;
    private final double scale;
    /// Values of each bucket, of those beyond the last bound, and the sum of all.
    private final AtomicLongArray cells;

    private Histogram(long first, int buckets, long scale) {
        this.first = first;
        this.buckets = buckets;
        this.scale = scale;
        this.cells = new AtomicLongArray(buckets + 2);
    }

    /// Of durations that are recorded in nanoseconds and shown in seconds.
    ///
    /// @param firstNanos upper bound of the first bucket, above 0
    /// @param buckets    how many bounds there are
    public static Histogram ofSeconds(long firstNanos, int buckets) {
        return new Histogram(firstNanos, buckets, NANOS_PER_SECOND);
    }

    /// Of durations that are recorded in nanoseconds and shown in milliseconds.
    public static Histogram ofMilliseconds(long firstNanos, int buckets) {
        return new Histogram(firstNanos, buckets, NANOS_PER_MILLISECOND);
    }

    /// Of values that are shown as they are recorded.
    public static Histogram ofValues(long first, int buckets) {
        return new Histogram(first, buckets, 1);
    }

    /// @param value in the unit of recording; below 0 counts as 0
    public void record(long value) {
        cells.getAndIncrement(bucket(value));
        cells.getAndAdd(buckets + 1, Math.max(0, value));
    }

    /// The bits of how many whole first bounds lie below the value: 0 up to the first bound, one more for each
    /// doubling.
    private int bucket(long value) {
        long below = value <= first ? 0 : (value - 1) / first;
        return Math.min(buckets, Long.SIZE - Long.numberOfLeadingZeros(below));
    }

    /// Number of bounds.
    public int buckets() {
        return buckets;
    }

    /// Upper bound of bucket `i`, inclusive, as shown.
    public double bound(int i) {
        return first / scale * (1L << i);
    }

    /// Values of bucket `i` alone; bucket [#buckets] holds those above the last bound.
    public long countIn(int i) {
        return cells.get(i);
    }

    /// How many values were recorded.
    public long count() {
        long count = 0;
        for (int i = 0; i <= buckets; i++) {
            count += cells.get(i);
        }
        return count;
    }

    /// All values together, as shown.
    public double sum() {
        return cells.get(buckets + 1) / scale;
    }
}
