package io.metastore.mvcc;

import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.Event;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.util.function.Predicate;

/// What happened to the store, read from one published state: it does not change while it is held. Close it
/// soon, an open one keeps old data from being freed. May be used by one thread at a time, and may read from
/// disk.
public interface History extends AutoCloseable {
    /// The newest main revision that this history holds.
    long revision();

    /// The last compacted revision, -1 when the store was never compacted. Events below it may be gone.
    long compactedRevision();

    /// Visits the events from revision `from` on, up to main revision `to` inclusive, in order of revision, main and
    /// sub, until `visitor` returns false. The caller sees to it that `from` is not below [#compactedRevision]; at
    /// that revision itself a delete is still there (CMP-08, WAT-11).
    void scan(Revision from, long to, Predicate<Event> visitor);

    /// The version of the event's key that was valid one main revision before the event (WAT-17), or null when
    /// there was none, when the event created the key, or when that revision has been compacted.
    KeyValue previous(Event event);

    @Override
    void close();

    /// The record that `log` holds of a version that is known to be there.
    static KeyValue record(Reads reads, Revision version) {
        return record(version, reads.get(Table.LOG, LogRow.key(version.main(), version.sub())));
    }

    /// The record in `row`, which was looked up for a version that is known to be there.
    static KeyValue record(Revision version, byte[] row) {
        if (row == null) {
            throw new CorruptRow("the history lacks version " + version);
        }
        return LogRow.record(version.main(), row);
    }

    /// Opens the newest published state.
    interface Source {
        History open();
    }
}
