package io.metastore.consensus.jraft;

import io.metastore.machine.EntryCodec;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/// Says when a snapshot is due: after so many bytes of log or commands since the last, never when nothing was
/// applied.
final class SnapshotTrigger {
    private final long bytesMax;
    private final long commandsMax;
    private final Runnable due;
    private final long heldBytesMax;
    private final BooleanSupplier held;
    private long bytes;
    private long commands;

    /// @param commandsMax 0 for no limit by count; an entry holds a whole batch of commands
    /// @param due          told on the apply thread; must not block
    /// @param heldBytesMax how much log a snapshot that is due may wait for
    /// @param held         whether it has to wait: a snapshot cuts the log at the one before, and a follower may
    /// need it from there; asked on the apply thread
    SnapshotTrigger(long bytesMax, long commandsMax, Runnable due, long heldBytesMax, BooleanSupplier held) {
        this.bytesMax = bytesMax;
        this.commandsMax = commandsMax;
        this.due = due;
        this.heldBytesMax = heldBytesMax;
        this.held = held;
    }

    /// Counts one entry of the log. Called on the apply thread.
    void entry(ByteBuffer entry) {
        bytes += entry.remaining();
        commands += commandsMax > 0 ? EntryCodec.count(entry) : 0;
        boolean isDue = bytes >= bytesMax || (commandsMax > 0 && commands >= commandsMax);
        if (isDue && (bytes >= heldBytesMax || !held.getAsBoolean())) {
            bytes = 0;
            commands = 0;
            due.run();
        }
    }
}
