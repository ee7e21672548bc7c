package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/// The store as one chunk of applied commands left it: a state of the engine together with the revision, the
/// compacted revision and the counts that belong to it. A reader takes one view and nothing else; an in-memory
/// revision beside a fresh snapshot could disagree with it, and a list followed by a watch would miss an event.
///
/// Views are counted references: [MvccStore#view] hands one out, [#close] gives it back.
public final class View extends Pairs implements History {
    private final Snapshot snapshot;
    private final StateRow state;
    private final Counts counts;
    private final RecentChanges.Block recent;
    private final LongAdder open;
    private final AtomicInteger references = new AtomicInteger(1);

    /// @param open counts the references to all views of the store that were not given back yet, from now on
    ///     also the first one to this
    View(Snapshot snapshot, StateRow state, Counts counts, RecentChanges.Block recent, LongAdder open) {
        this.snapshot = snapshot;
        this.state = state;
        this.counts = counts;
        this.recent = recent;
        this.open = open;
        open.increment();
    }

    boolean retain() {
        while (true) {
            int now = references.get();
            if (now == 0) {
                return false;
            }
            if (references.compareAndSet(now, now + 1)) {
                open.increment();
                return true;
            }
        }
    }

    @Override
    public void close() {
        int left = references.decrementAndGet();
        open.decrement();
        if (left == 0) {
            snapshot.close();
        } else if (left < 0) {
            throw new IllegalStateException("a view was given back more often than it was taken");
        }
    }

    @Override
    public long revision() {
        return state.revision();
    }

    @Override
    public long compactedRevision() {
        return state.compactedRevision();
    }

    public StateRow state() {
        return state;
    }

    Counts counts() {
        return counts;
    }

    /// Rows of this state, for the features that keep tables of their own.
    @Override
    public Reads reads() {
        return snapshot;
    }

    /// Live keys in the whole store.
    public long keys() {
        return counts.total();
    }

    /// Answers `query`, reading from disk where it must.
    public RangeResult range(RangeQuery query) throws RevisionUnavailable {
        return range(query, Allowance.unlimited());
    }

    /// Likewise, with no more memory than `allowance` grants; what that throws ends the read.
    public RangeResult range(RangeQuery query, Allowance allowance) throws RevisionUnavailable {
        return new RangeRead(this, snapshot, allowance).answer(query);
    }

    /// Answers `query` from memory alone, or throws [io.metastore.engine.NotInMemory].
    public RangeResult rangeInMemory(RangeQuery query, Allowance allowance) throws RevisionUnavailable {
        return new RangeRead(this, snapshot.inMemory(), allowance).answer(query);
    }

    /// The newest version of `key`, or null.
    KeyEntry newest(Reads reads, Bytes key) {
        byte[] row = reads.get(Table.KEYS, key.array());
        return row == null ? null : KeyEntry.decode(row);
    }

    @Override
    KeyEntry newest(Bytes key) {
        return newest(snapshot, key);
    }

    @Override
    Scan newest(KeyRange range) {
        return Scan.newest(snapshot, range);
    }

    Scan scan(Reads reads, KeyRange range, long revision) {
        return revision == state.revision() ? Scan.newest(reads, range) : Scan.at(reads, range, revision);
    }

    /// Live keys of `range` at `revision`, which lies between the compacted and the newest.
    long count(Reads reads, KeyRange range, long revision) {
        if (range.isEmpty()) {
            return 0;
        }
        if (revision != state.revision()) {
            long gained = recent.gained(range, revision);
            return gained == RecentChanges.UNKNOWN
                    ? walk(reads, range, revision)
                    : count(reads, range, state.revision()) - gained;
        }
        return before(reads, range.end()) - before(reads, range.start());
    }

    /// Live keys before `key`, all of them for null.
    private long before(Reads reads, Bytes key) {
        if (key == null) {
            return counts.total();
        }
        Counts.Position position = counts.position(key);
        return position.keysBefore() + walk(reads, new KeyRange(position.runStart(), key), state.revision());
    }

    private long walk(Reads reads, KeyRange range, long revision) {
        if (range.isEmpty()) {
            return 0;
        }
        long count = 0;
        try (Scan scan = scan(reads, range, revision)) {
            while (scan.next()) {
                count++;
            }
        }
        return count;
    }

    @Override
    public void scan(Revision from, long to, Predicate<Event> visitor) {
        byte[] end = to == Long.MAX_VALUE ? null : LogRow.key(to + 1, 0);
        try (Cursor log = snapshot.cursor(Table.LOG, LogRow.key(Math.max(from.main(), 0), from.sub()), end)) {
            while (log.next()) {
                if (!visitor.test(LogRow.event(log.key(), log.value()))) {
                    return;
                }
            }
        }
    }

    /// Follows what the event replaced until it leaves the event's own main revision: a transaction may put
    /// and delete one key, and what is wanted is the version before the transaction.
    @Override
    public KeyValue previous(Event event) {
        long main = event.revision().main();
        if (main - 1 < state.compactedRevision() || (event instanceof Event.Put put && put.isCreate())) {
            return null;
        }
        Revision version = event.replaced();
        while (version != null && version.main() == main) {
            byte[] row = snapshot.get(Table.LOG, LogRow.key(version.main(), version.sub()));
            version = row == null ? null : LogRow.replaced(version.main(), row);
        }
        if (version == null) {
            // The transaction made the version that it deletes here; it may have deleted an older one before.
            return at(event.key(), main - 1);
        }
        byte[] row = snapshot.get(Table.LOG, LogRow.key(version.main(), version.sub()));
        return row == null ? null : LogRow.record(version.main(), row);
    }

    private KeyValue at(Bytes key, long revision) {
        try (Scan scan = scan(snapshot, KeyRange.single(key), revision)) {
            return scan.next() ? full(key, scan.entry()) : null;
        }
    }
}
