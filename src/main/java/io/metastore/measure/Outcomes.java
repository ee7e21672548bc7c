package io.metastore.measure;

/// Durations of one kind of work, those of success apart from those of failure.
public record Outcomes(Histogram success, Histogram failure) {
    /// @param firstNanos upper bound of the first bucket
    public static Outcomes ofSeconds(long firstNanos, int buckets) {
        return new Outcomes(Histogram.ofSeconds(firstNanos, buckets), Histogram.ofSeconds(firstNanos, buckets));
    }

    public void record(boolean succeeded, long nanos) {
        (succeeded ? success : failure).record(nanos);
    }
}
