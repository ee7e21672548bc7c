package io.metastore.consensus.jraft;

import io.metastore.machine.EntryCodec;
import java.nio.ByteBuffer;

/// Says when a snapshot is due: after so many bytes of log or commands since the last, never when nothing was
/// applied.
final class SnapshotTrigger {
    private final long bytesMax;
    private final long commandsMax;
    private final Runnable due;
    private long bytes;
    private long commands;

    /// @param commandsMax 0 for no limit by count; an entry holds a whole batch of commands
    /// @param due         told on the apply thread; must not block
    SnapshotTrigger(long bytesMax, long commandsMax, Runnable due) {
        this.bytesMax = bytesMax;
        this.commandsMax = commandsMax;
        this.due = due;
    }

    /// Counts one entry of the log. Called on the apply thread.
    void entry(ByteBuffer entry) {
        bytes += entry.remaining();
        commands += commandsMax > 0 ? EntryCodec.count(entry) : 0;
        if (bytes >= bytesMax || (commandsMax > 0 && commands >= commandsMax)) {
            bytes = 0;
            commands = 0;
            due.run();
        }
    }
}
