package io.metastore.consensus;

import java.io.IOException;

/// Room on the disk that the raft log and its snapshots take and can do without.
public interface Freeable {
    /// Bytes that a snapshot would free: files of the state that only the last one holds, and what the log has beyond
    /// a few files. Any thread.
    long freedBySnapshot() throws IOException;

    /// Takes a snapshot and waits for it. When there is none to take, one is under way or the disk has no room for it,
    /// nothing is freed. Any thread but the one that applies.
    void snapshotForRoom() throws InterruptedException;

    /// Deletes files that the log holds ready, all but a few, in the background. Any thread.
    void dropSpares();
}
