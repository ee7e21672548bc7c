package io.metastore.mvcc;

import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// A run of committed commands being applied: what they write collects here and reaches the engine as one
/// batch.
///
/// Commands see what earlier commands of the chunk wrote through an overlay over the view that the chunk
/// started from. A request is bracketed by [#startRequest] and [#endRequest]; its changes share one main
/// revision (KVR-02, TXN-21). Belongs to the apply thread.
///
/// What a delete of a range collects would grow with the range. So [MvccStore#spill] writes out what has come
/// together so far, in the middle of an entry, and the chunk goes on with nothing in memory: its base is then what the
/// engine holds, which nobody else sees before [MvccStore#commit].
public final class Chunk extends Pairs {
    private final HotKeys hot;
    private final int inlineMax;
    private View base;
    private Reads reads;
    private WriteBatch batch;
    private final RunningHash hash;

    /// Up to this main revision the base has everything. Of the request in whose middle the chunk was spilled it has a
    /// part, of the requests after it nothing.
    private long complete;

    private boolean spilled;
    private final NavigableMap<Bytes, Pending> overlay = new TreeMap<>();
    private final Map<Bytes, KeyEntry> fetched = new HashMap<>();
    private final List<Event> events = new ArrayList<>();
    private final List<LifeChange> lifeChanges = new ArrayList<>();
    private long revision;
    private long sub;
    private long compactedRevision;

    /// What the chunk made of a key, newest first; `entry` is null where it was deleted.
    private record Pending(KeyEntry entry, long main, boolean liveInBase, Pending older) {
        /// The state at main revision `at`, or null when the chunk had not touched the key by then.
        Pending asOf(long at) {
            Pending state = this;
            while (state != null && state.main > at) {
                state = state.older;
            }
            return state;
        }
    }

    /// @param base taken over, until [#close]
    /// @param hot  what is known of the keys of `base` without looking
    /// @param inlineMax the longest value that is written beside its key as well, in bytes
    Chunk(View base, WriteBatch batch, HotKeys hot, int inlineMax) {
        this(base, batch, hot, inlineMax, new RunningHash(base.state().hash(), 0));
    }

    private Chunk(View base, WriteBatch batch, HotKeys hot, int inlineMax, RunningHash hash) {
        this.hash = hash;
        this.base = base;
        this.reads = base.reads();
        this.batch = batch;
        this.hot = hot;
        this.inlineMax = inlineMax;
        this.revision = base.revision();
        this.complete = revision;
        this.compactedRevision = base.compactedRevision();
    }

    /// Goes on where an earlier chunk was spilled.
    ///
    /// @param base what it had written by then, taken over
    Chunk(View base, WriteBatch batch, HotKeys hot, int inlineMax, Unfinished unfinished) {
        this(base, batch, hot, inlineMax, new RunningHash(unfinished.hash(), unfinished.rowsHash()));
        revision = unfinished.revision();
        sub = unfinished.sub();
        compactedRevision = unfinished.compactedRevision();
        complete = revision;
        spilled = true;
    }

    /// Goes on with what the engine holds now, the part of the open request included.
    ///
    /// @param written  what this chunk has written, taken over
    /// @param newBatch for what is still to come
    void spilled(View written, WriteBatch newBatch) {
        base.close();
        base = written;
        reads = written.reads();
        batch = newBatch;
        complete = revision;
        spilled = true;
        overlay.clear();
        fetched.clear();
        events.clear();
        lifeChanges.clear();
    }

    /// Whether part of the chunk is written already: its [#events] are then not all.
    public boolean isSpilled() {
        return spilled;
    }

    View baseView() {
        return base;
    }

    /// Where the chunk stands.
    ///
    /// @param position what the caller needs to find its own place again
    Unfinished unfinished(byte[] position) {
        return new Unfinished(revision, sub, compactedRevision, hash.value(), hash.rows(), position);
    }

    /// The batch itself: what is put in here does not count in [#hash].
    WriteBatch plain() {
        return batch;
    }

    /// Rows of other features that belong into the same atomic write. Another one after a spill.
    public WriteBatch batch() {
        return hash.over(batch);
    }

    /// Of all that was applied so far. Whoever applies a command tells it.
    public RunningHash hash() {
        return hash;
    }

    /// The state before the chunk, or before what it has collected since it was spilled.
    public Reads base() {
        return reads;
    }

    /// Newest main revision after the last finished request.
    public long revision() {
        return revision;
    }

    public long compactedRevision() {
        return compactedRevision;
    }

    /// Changes that the open request has made.
    long sub() {
        return sub;
    }

    /// The revision that a read within the current request reports: the new one once the request has changed
    /// something (TXN-17).
    public long visibleRevision() {
        return sub == 0 ? revision : revision + 1;
    }

    public List<Event> events() {
        return events;
    }

    List<LifeChange> lifeChanges() {
        return lifeChanges;
    }

    /// Looks up `keys` in one call, for commands to come. Only those are asked of the engine that this chunk has
    /// not met yet and that were not written lately.
    public void prefetch(List<Bytes> keys) {
        List<Bytes> unknown = new ArrayList<>();
        for (Bytes key : keys) {
            if (!fetched.containsKey(key)) {
                KeyEntry entry = hot.find(key);
                fetched.put(key, entry);
                if (entry == null) {
                    unknown.add(key);
                }
            }
        }
        if (!unknown.isEmpty()) {
            KeyEntry[] entries = RangeRead.newest(reads, unknown);
            for (int i = 0; i < entries.length; i++) {
                fetched.put(unknown.get(i), entries[i]);
            }
        }
    }

    public void startRequest() {
        sub = 0;
    }

    /// Bytes of rows that have come together since the chunk was begun or spilled.
    public int bytes() {
        return batch.bytes();
    }

    public void endRequest() {
        if (sub > 0) {
            revision++;
        }
        sub = 0;
    }

    /// The newest version of `key` with its value, or null.
    public KeyValue get(Bytes key) {
        KeyEntry entry = newest(key);
        return entry == null ? null : full(key, entry);
    }

    public boolean exists(Bytes key) {
        return newest(key) != null;
    }

    /// The lease that `key` hangs on, 0 for none or when there is no such key.
    public long leaseOf(Bytes key) {
        KeyEntry entry = newest(key);
        return entry == null ? 0 : entry.lease();
    }

    @Override
    KeyEntry newest(Bytes key) {
        Pending pending = overlay.get(key);
        return pending == null ? inBase(key) : pending.entry;
    }

    private KeyEntry inBase(Bytes key) {
        KeyEntry entry = fetched.get(key);
        if (entry == null && !fetched.containsKey(key)) {
            entry = hot.find(key);
            if (entry == null) {
                entry = base.newest(reads, key);
            }
            fetched.put(key, entry);
        }
        return entry;
    }

    /// What the chunk itself wrote carries its value; only what lies in the base has it in `log`.
    @Override
    Reads reads() {
        return reads;
    }

    public void put(Bytes key, Bytes value, long lease) {
        long main = revision + 1;
        KeyEntry previous = newest(key);
        KeyEntry entry = previous == null
                ? new KeyEntry(main, main, sub, 1, lease, value)
                : new KeyEntry(previous.createRevision(), main, sub, previous.version() + 1, lease, value);
        Revision replaced = previous == null ? null : previous.revision();
        KeyValue kv = entry.keyValue(key);
        batch.put(Table.LOG, LogRow.key(main, sub), LogRow.put(replaced, kv));
        hash.put(key, entry, value);
        supersede(key, previous, main);
        remember(key, entry, main);
        if (previous == null) {
            lifeChanges.add(new LifeChange(main, key, true));
        }
        events.add(new Event.Put(new Revision(main, sub), replaced, kv));
        sub++;
    }

    /// Deletes a key that is there.
    public void delete(Bytes key) {
        delete(key, newest(key), inBase(key) != null);
    }

    /// Deletes keys of `range`, in their order, and tells `deleted` of each: with its value when `values` is set, else
    /// with an empty one. Ends early when `enough` says so after a key; the chunk may then be spilled.
    ///
    /// @return the range that is left to be deleted, or null
    public KeyRange delete(KeyRange range, boolean values, Consumer<KeyValue> deleted, BooleanSupplier enough) {
        if (range.isEmpty()) {
            return null;
        }
        if (range.isSingle()) {
            Bytes key = range.start();
            KeyEntry entry = newest(key);
            if (entry != null) {
                KeyValue told = values ? full(key, entry) : entry.withoutValue(key);
                delete(key, entry, inBase(key) != null);
                deleted.accept(told);
            }
            return null;
        }
        try (Scan scan = newest(range)) {
            return values ? delete(range, scan, deleted, enough) : deleteWithoutValues(range, scan, deleted, enough);
        }
    }

    private KeyRange deleteWithoutValues(
            KeyRange range, Scan scan, Consumer<KeyValue> deleted, BooleanSupplier enough) {
        while (scan.next()) {
            delete(scan.key(), scan.entry(), scan.entry().withoutValue(scan.key()), deleted);
            if (enough.getAsBoolean()) {
                return range.behind(scan.key());
            }
        }
        return null;
    }

    private KeyRange delete(KeyRange range, Scan scan, Consumer<KeyValue> deleted, BooleanSupplier enough) {
        ValuePage page = new ValuePage(reads);
        Bytes[] last = new Bytes[1];
        boolean more = scan.next();
        while (more) {
            page.add(scan.key(), scan.entry());
            more = scan.next();
            if (more && !page.isFull()) {
                continue;
            }
            boolean wanted = page.drain((entry, pair) -> {
                delete(pair.key(), entry, pair, deleted);
                last[0] = pair.key();
                return !enough.getAsBoolean();
            });
            if (!wanted) {
                return range.behind(last[0]);
            }
        }
        return null;
    }

    /// Deletes what a scan shows: where the overlay does not know it, it lies in the base, so there is no need
    /// to look.
    private void delete(Bytes key, KeyEntry entry, KeyValue told, Consumer<KeyValue> deleted) {
        delete(key, entry, true);
        deleted.accept(told);
    }

    /// @param liveInBase whether the base has the key; asked only where the chunk has not touched it yet
    private void delete(Bytes key, KeyEntry entry, boolean liveInBase) {
        long main = revision + 1;
        Revision replaced = entry.revision();
        batch.put(Table.LOG, LogRow.key(main, sub), LogRow.tombstone(replaced, key, main));
        hash.delete(key, main, sub);
        supersede(key, entry, main);
        Pending older = overlay.get(key);
        overlay.put(key, new Pending(null, main, older == null ? liveInBase : older.liveInBase, older));
        lifeChanges.add(new LifeChange(main, key, false));
        events.add(new Event.Delete(new Revision(main, sub), replaced, key));
        sub++;
    }

    /// @param version what gives way, null for nothing
    private void supersede(Bytes key, KeyEntry version, long main) {
        if (version != null) {
            batch.put(
                    Table.VERSIONS,
                    VersionRow.key(key, version.main(), version.sub()),
                    VersionRow.value(version, main));
        }
    }

    private void remember(Bytes key, KeyEntry entry, long main) {
        Pending older = overlay.get(key);
        boolean liveInBase = older == null ? inBase(key) != null : older.liveInBase;
        overlay.put(key, new Pending(entry, main, liveInBase, older));
    }

    /// Takes effect at once; what it leaves behind is collected in the background (CMP-02, CMP-03, CMP-06).
    public void compact(long target) throws RevisionUnavailable {
        if (target <= compactedRevision) {
            RevisionUnavailable.check(compactedRevision - 1, Long.MAX_VALUE, compactedRevision);
        }
        RevisionUnavailable.check(target, revision, compactedRevision);
        compactedRevision = target;
    }

    /// Refuses a revision that cannot be read now (TXN-18, TXN-20).
    public void checkReadable(long asked) throws RevisionUnavailable {
        RevisionUnavailable.check(asked, revision, compactedRevision);
    }

    /// Answers a range from within a request: 0 reads the newest state, writes of this request included; any
    /// other revision has passed [#checkReadable].
    public RangeResult range(RangeQuery query) throws RevisionUnavailable {
        long asked = query.revision();
        if (asked > 0 && asked <= complete) {
            RangeResult result = base.range(query);
            return new RangeResult(result.keyValues(), result.more(), result.count(), visibleRevision());
        }
        long at = asked > 0 ? asked : Long.MAX_VALUE;
        KeyRange range = query.range();
        if (range.isEmpty()) {
            return new RangeResult(List.of(), false, 0, visibleRevision());
        }
        long count = count(range, at);
        if (query.detail() == RangeQuery.Detail.COUNT_ONLY) {
            return new RangeResult(List.of(), false, count, visibleRevision());
        }
        boolean limited =
                query.limit() > 0 && query.filter().isOff() && query.order().allowsLimit();
        Findings found = new Findings(query, reads);
        long passed = 0;
        try (Scan scan = scan(range, at)) {
            while (scan.next() && !(limited && passed > query.limit())) {
                KeyEntry entry = scan.entry();
                if (query.filter().passes(entry)) {
                    passed++;
                    found.add(scan.key(), entry);
                }
            }
        }
        return found.result(false, count, visibleRevision());
    }

    private long count(KeyRange range, long at) {
        long count = base.count(reads, range, base.revision());
        for (Pending newest : touched(range).values()) {
            Pending state = newest.asOf(at);
            if (state != null) {
                count += (state.entry == null ? 0 : 1) - (state.liveInBase ? 1 : 0);
            }
        }
        return count;
    }

    @Override
    Scan newest(KeyRange range) {
        return scan(range, Long.MAX_VALUE);
    }

    private Scan scan(KeyRange range, long at) {
        return new OverlaidScan(base.scan(reads, range, base.revision()), statesAt(range, at));
    }

    /// What the chunk made of the keys of `range` by main revision `at`: null for a deleted key.
    private SortedMap<Bytes, KeyEntry> statesAt(KeyRange range, long at) {
        SortedMap<Bytes, KeyEntry> states = new TreeMap<>();
        touched(range).forEach((key, newest) -> {
            Pending state = newest.asOf(at);
            if (state != null) {
                states.put(key, state.entry);
            }
        });
        return states;
    }

    private SortedMap<Bytes, Pending> touched(KeyRange range) {
        return range.isUnbounded() ? overlay.tailMap(range.start()) : overlay.subMap(range.start(), range.end());
    }

    /// Gives back the view that the chunk stands on.
    void close() {
        base.close();
    }

    /// Remembers the newest versions: to be called when they are written.
    void written() {
        overlay.forEach((key, newest) -> {
            if (newest.entry != null) {
                hot.written(key, newest.entry);
            } else {
                hot.deleted(key);
            }
        });
    }

    /// Puts the newest versions into the batch, each key once however often the chunk wrote it.
    void writeKeys() {
        overlay.forEach((key, newest) -> {
            if (newest.entry != null) {
                batch.put(Table.KEYS, key.array(), newest.entry.row(inlineMax));
            } else if (newest.liveInBase) {
                batch.delete(Table.KEYS, key.array());
            }
        });
    }
}
