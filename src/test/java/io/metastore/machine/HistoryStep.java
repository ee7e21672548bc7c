package io.metastore.machine;

import io.metastore.mvcc.RangeQuery;
import java.util.List;

/// One step of a random history, complete enough to be run again without the random source that made it.
sealed interface HistoryStep {
    /// @param answered whether this member proposed the entry and waits for its outcomes
    /// @param batching whether it is encoded as a batch even when it holds one command
    record Entry(long index, List<? extends Command<?>> commands, boolean answered, boolean batching) {}

    /// Committed entries that arrive together, and where chunks are cut.
    record Apply(List<Entry> entries, ChunkLimits limits) implements HistoryStep {}

    /// One step of the background collection.
    record Collect(int limit) implements HistoryStep {}

    /// Compares views, events, counts, leases, alarms and members with the oracle.
    record Check(List<RangeQuery> queries, long scanFrom, long hashAt) implements HistoryStep {}

    /// Keeps the newest view open; it is checked and given back by the next step of this kind.
    record Hold() implements HistoryStep {}

    record StoreCounts() implements HistoryStep {}

    record Flush() implements HistoryStep {}

    /// Closes everything in order and opens it again.
    record Reopen() implements HistoryStep {}

    /// Loses what the engine has not flushed, then replays from the applied index.
    ///
    /// @param overlap entries before the applied index that arrive again
    record Crash(int overlap) implements HistoryStep {}
}
