package io.metastore.consensus.jraft;

import io.metastore.measure.Histogram;
import java.util.concurrent.atomic.LongAdder;

/// What the raft log and snapshots ask of the disk.
public final class DiskMetrics {
    private final Histogram appends = Histogram.ofSeconds(1_000_000, 14);
    private final LongAdder appendedBytes = new LongAdder();
    private final Histogram checkpoints = Histogram.ofSeconds(100_000_000, 10);
    private final Histogram snapshots = Histogram.ofSeconds(1_000_000, 14);
    private volatile boolean takingOver;

    DiskMetrics() {}

    void appended(long nanos) {
        appends.record(nanos);
    }

    void appending(long bytes) {
        appendedBytes.add(bytes);
    }

    void checkpointTaken(long nanos) {
        checkpoints.record(nanos);
    }

    void snapshotTaken(long nanos) {
        snapshots.record(nanos);
    }

    void takingOver(boolean now) {
        takingOver = now;
    }

    /// Whether a leader's snapshot is taking the place of the state just now.
    public boolean isTakingOver() {
        return takingOver;
    }

    /// Times of appending to the log, each with its sync: it is one call, in which the two cannot be told apart.
    public Histogram appends() {
        return appends;
    }

    /// Bytes of the entries appended to the log, as they are encoded; what its files add is not in it.
    public long appendedBytes() {
        return appendedBytes.sum();
    }

    /// Times of saving the database for a snapshot.
    public Histogram checkpoints() {
        return checkpoints;
    }

    /// Times of whole snapshots, from asking for one until it is in its place.
    public Histogram snapshots() {
        return snapshots;
    }
}
