package io.metastore.consensus.jraft;

/// Says when a snapshot is due: after so many bytes or entries of log since the last, never when nothing was
/// applied.
final class SnapshotTrigger {
    private final long bytesMax;
    private final long entriesMax;
    private final Runnable due;
    private long bytes;
    private long entries;

    /// @param entriesMax 0 for no limit by count
    /// @param due        told on the apply thread; must not block
    SnapshotTrigger(long bytesMax, long entriesMax, Runnable due) {
        this.bytesMax = bytesMax;
        this.entriesMax = entriesMax;
        this.due = due;
    }

    /// Counts one entry of the log. Called on the apply thread.
    void entry(int size) {
        bytes += size;
        entries++;
        if (bytes >= bytesMax || (entriesMax > 0 && entries >= entriesMax)) {
            bytes = 0;
            entries = 0;
            due.run();
        }
    }
}
