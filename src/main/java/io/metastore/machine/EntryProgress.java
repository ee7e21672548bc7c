package io.metastore.machine;

import java.util.List;

/// How far the entry that is being applied has come. Whoever applies a part of it says so before it begins; when the
/// chunk is spilled, [#position] is what has to be known to go on. Belongs to the apply thread.
final class EntryProgress {
    private long index;
    private int command;
    private TxnPath path;
    private int operation;
    private int done;

    void entry(long index) {
        this.index = index;
    }

    void command(int ordinal) {
        command = ordinal;
        path = null;
        operation = -1;
        done = 0;
    }

    /// The command is a transaction that takes `path`.
    void takes(TxnPath taken) {
        path = taken;
    }

    /// The first `operations` of the path have been run before.
    void skip(int operations) {
        done = operations;
    }

    /// The next put, delete or range of the path has its turn; false when it has been run before.
    boolean nextOperation() {
        return ++operation >= done;
    }

    EntryPosition position() {
        return new EntryPosition(index, command, Math.max(0, operation), path == null ? List.of() : path.decisions());
    }
}
