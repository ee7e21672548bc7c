package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.Engine;
import io.metastore.engine.Reads;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/// The versioned key-value store over an engine: chunks of applied commands go in, views come out.
///
/// One thread at a time begins and commits chunks; views may be taken from any thread.
public final class MvccStore implements Views, AutoCloseable {
    /// Row of `meta`: the revision that the table `counts` holds for.
    private static final byte[] COUNTS_STAMP = "counts".getBytes(StandardCharsets.US_ASCII);

    /// Values that stand beside their key as well are found by one look-up, and written twice. Rows of `keys`
    /// are merged again and again with all others there are, so with long rows what a put costs grows with the
    /// store.
    public static final int INLINE_MAX = 0;

    private final Engine engine;
    private final HotKeys hot;
    private final int inlineMax;
    private final RecentChanges recent;
    private final LongAdder open = new LongAdder();

    /// Held while a chunk is written and its view published: in between the engine is ahead of the newest view.
    private final Object publishing = new Object();

    /// Whether the engine holds part of an entry that is not complete: no view of it may be published. Guarded by
    /// [#publishing].
    private boolean inPart;

    private volatile View current;
    private volatile boolean retired;
    private Counts storedCounts;
    private long storedCountsRevision;

    /// Takes up the state that `engine` holds. Costs the history since counts were last stored, not the size
    /// of the data.
    public MvccStore(Engine engine) {
        this(engine, new HotKeys(HotKeys.BYTES), INLINE_MAX);
    }

    /// @param hot       takes up the keys that are written; holds none yet
    /// @param inlineMax the longest value that is written beside its key as well, in bytes
    public MvccStore(Engine engine, HotKeys hot, int inlineMax) {
        this.engine = engine;
        this.hot = hot;
        this.inlineMax = inlineMax;
        Snapshot snapshot = engine.snapshot();
        StateRow state = StateRow.decode(snapshot.get(Table.META, StateRow.KEY));
        byte[] stamp = snapshot.get(Table.META, COUNTS_STAMP);
        storedCountsRevision =
                stamp == null ? 0 : BigEndian.getLong(CorruptRow.sized(stamp, 8, "the stamp of counts"), 0);
        storedCounts = loadCounts(snapshot);
        inPart = snapshot.get(Table.META, Unfinished.KEY) != null;
        Counts counts = catchUp(storedCounts, snapshot, storedCountsRevision, state.revision());
        if (!inPart) {
            // Else the keys are ahead of what was counted, and runs are split when the entry is complete.
            counts = settle(counts, snapshot, counts.oversized());
        }
        recent = new RecentChanges(state.revision());
        current = new View(snapshot, state, counts, recent.newest(), open);
    }

    private static Counts loadCounts(Reads reads) {
        SortedMap<Bytes, Integer> runs = new TreeMap<>();
        try (Cursor rows = reads.cursor(Table.COUNTS, new byte[0], null)) {
            while (rows.next()) {
                runs.put(
                        Bytes.wrap(rows.key()),
                        BigEndian.getInt(CorruptRow.sized(rows.value(), 4, "a row of counts"), 0));
            }
        }
        return Counts.of(runs);
    }

    /// Replays which keys came and went after main revision `from`, up to `to`, in portions, so that a long history
    /// costs no memory. Runs are not split: before all is replayed the keys that are there are ahead of what has
    /// been counted.
    private static Counts catchUp(Counts stored, Reads reads, long from, long to) {
        Counts counts = stored;
        SortedMap<Bytes, Integer> deltas = new TreeMap<>();
        byte[] end = to == Long.MAX_VALUE ? null : LogRow.key(to + 1, 0);
        try (Cursor log = reads.cursor(Table.LOG, LogRow.key(from + 1, 0), end)) {
            while (log.next()) {
                LogRow.Head change = LogRow.head(log);
                if (change.tombstone() || change.creates()) {
                    deltas.merge(change.key(), change.creates() ? 1 : -1, Integer::sum);
                }
                if (deltas.size() >= 50_000) {
                    counts = counts.with(deltas);
                    deltas.clear();
                }
            }
        }
        return counts.with(deltas);
    }

    /// Splits the runs that have grown too large.
    private static Counts settle(Counts counts, Reads reads, Set<Bytes> oversized) {
        Counts settled = counts;
        for (Bytes start : oversized) {
            settled = settled.split(start, recounted(reads, start, settled.endOf(start)));
        }
        return settled;
    }

    /// Runs of half the greatest size that cover the keys from `start` to `end`.
    private static SortedMap<Bytes, Integer> recounted(Reads reads, Bytes start, Bytes end) {
        SortedMap<Bytes, Integer> runs = new TreeMap<>();
        Bytes run = start;
        int count = 0;
        try (Scan scan = Scan.newest(reads, new KeyRange(start, end))) {
            while (scan.next()) {
                if (count == Counts.RUN_MAX / 2) {
                    runs.put(run, count);
                    run = scan.key();
                    count = 0;
                }
                count++;
            }
        }
        runs.put(run, count);
        return runs;
    }

    @Override
    public View view() {
        View newest = viewUnlessRetired();
        if (newest == null) {
            throw new IllegalStateException("the store is closed");
        }
        return newest;
    }

    /// The newest published state, null when another store has taken the place of this one: that one has newer.
    public View viewUnlessRetired() {
        while (true) {
            View newest = current;
            if (newest.retain()) {
                return newest;
            }
            if (retired) {
                return null;
            }
        }
    }

    /// Views handed out and not given back yet.
    public long openViews() {
        // One reference is the store's own, to the newest.
        return open.sum() - 1;
    }

    @Override
    public StateRow state() {
        return current.state();
    }

    /// To be given to [#commit]: a chunk holds the view that it stands on.
    public Chunk begin() {
        return new Chunk(view(), engine.newBatch(), hot, inlineMax);
    }

    /// What the member that wrote this state had applied of an entry when it ended, null when it had applied all of
    /// it. While there is such an entry the published view must not be served: it has a part of it. The first chunk
    /// must be that of [#resume].
    public Unfinished unfinished() {
        try (View view = view()) {
            return Unfinished.decode(view.reads().get(Table.META, Unfinished.KEY));
        }
    }

    /// As [#begin], for an entry that is [#unfinished].
    public Chunk resume(Unfinished unfinished) {
        Snapshot snapshot = engine.snapshot();
        // Beyond the state's revision there is nothing but what the entry has written.
        Counts counts = catchUp(current.counts(), snapshot, current.revision(), Long.MAX_VALUE);
        return new Chunk(
                unpublished(snapshot, counts, unfinished.revision(), unfinished.sub(), unfinished.compactedRevision()),
                engine.newBatch(),
                hot,
                inlineMax,
                unfinished);
    }

    /// Writes what `chunk` has collected, in the middle of an entry, so that it need not be in memory any more.
    /// Nothing is published. After a crash the entry can go on behind what is written: `before` and the place of
    /// `chunk` are part of the same batch.
    ///
    /// @param before   the state before the entry: all earlier entries are in it, as is what they put into this
    /// chunk
    /// @param position where in the entry to go on, for the caller to know
    public void spill(Chunk chunk, StateRow before, byte[] position) {
        chunk.writeKeys();
        chunk.plain().put(Table.META, StateRow.KEY, before.encode());
        chunk.plain().put(Table.META, Unfinished.KEY, chunk.unfinished(position).encode());
        synchronized (publishing) {
            inPart = true;
            engine.write(chunk.plain());
        }
        chunk.written();
        Counts counts = chunk.baseView().counts().with(deltas(chunk.lifeChanges()));
        View written = unpublished(engine.snapshot(), counts, chunk.revision(), chunk.sub(), chunk.compactedRevision());
        chunk.spilled(written, engine.newBatch());
    }

    /// A view of what a chunk has written so far, the part of the open request included. Its revision is that of the
    /// open request, so that an older one is read as such.
    private View unpublished(Snapshot snapshot, Counts counts, long revision, long sub, long compactedRevision) {
        long newest = sub == 0 ? revision : revision + 1;
        StateRow state = new StateRow(
                current.state().appliedIndex(),
                current.state().appliedTerm(),
                newest,
                compactedRevision,
                current.state().hash());
        return new View(snapshot, state, counts, RecentChanges.alone(newest), open);
    }

    /// Writes what `chunk` collected in one batch, together with the raft position it stands for, and
    /// publishes the view.
    public void commit(Chunk chunk, long appliedIndex, long appliedTerm) {
        StateRow state = new StateRow(
                appliedIndex,
                appliedTerm,
                chunk.revision(),
                chunk.compactedRevision(),
                chunk.hash().value());
        chunk.writeKeys();
        chunk.plain().put(Table.META, StateRow.KEY, state.encode());
        if (chunk.isSpilled()) {
            chunk.plain().delete(Table.META, Unfinished.KEY);
        }
        synchronized (publishing) {
            engine.write(chunk.plain());
            inPart = false;
            chunk.written();
            Snapshot snapshot = engine.snapshot();
            Counts counts = counted(chunk, snapshot);
            publish(new View(snapshot, state, counts, recent.newest(), open));
        }
        chunk.close();
    }

    /// Publishes the same state once more. The view of a store that nobody writes to would else go on holding, and
    /// showing to those who walk the history, what has been collected since.
    public void republish() {
        synchronized (publishing) {
            // Else the next commit publishes soon enough, and before it there is a part of an entry to be seen.
            if (!inPart) {
                publish(new View(engine.snapshot(), current.state(), current.counts(), recent.newest(), open));
            }
        }
    }

    private void publish(View next) {
        View before = current;
        current = next;
        before.close();
    }

    private Counts counted(Chunk chunk, Snapshot snapshot) {
        List<LifeChange> changes = chunk.lifeChanges();
        View before = chunk.baseView();
        if (chunk.isSpilled()) {
            recent.forget(chunk.revision());
            Counts counts = before.counts().with(deltas(changes));
            return settle(counts, snapshot, counts.oversized());
        }
        if (changes.isEmpty()) {
            return before.counts();
        }
        SortedMap<Bytes, Integer> deltas = deltas(changes);
        recent.add(before.revision(), changes);
        Counts counts = before.counts().with(deltas);
        return settle(counts, snapshot, counts.oversized(deltas.keySet()));
    }

    private static SortedMap<Bytes, Integer> deltas(List<LifeChange> changes) {
        SortedMap<Bytes, Integer> deltas = new TreeMap<>();
        for (LifeChange change : changes) {
            deltas.merge(change.key(), change.created() ? 1 : -1, Integer::sum);
        }
        return deltas;
    }

    /// Brings the table `counts` up to date, in one batch with the revision it then holds for. Must have been
    /// done at the compacted revision or later before history below it is collected: catching up needs the
    /// tombstones.
    public synchronized void storeCounts() {
        try (View view = view()) {
            if (view.revision() == storedCountsRevision) {
                return;
            }
            WriteBatch batch = engine.newBatch();
            view.counts().changesSince(storedCounts).forEach((start, count) -> {
                if (count == null) {
                    batch.delete(Table.COUNTS, start.array());
                } else {
                    byte[] row = new byte[4];
                    BigEndian.putInt(row, 0, count);
                    batch.put(Table.COUNTS, start.array(), row);
                }
            });
            byte[] stamp = new byte[8];
            BigEndian.putLong(stamp, 0, view.revision());
            batch.put(Table.META, COUNTS_STAMP, stamp);
            engine.write(batch);
            storedCounts = view.counts();
            storedCountsRevision = view.revision();
        }
    }

    /// Changes since the table `counts` was last brought up to date, in revisions.
    public synchronized long countsBehind() {
        return state().revision() - storedCountsRevision;
    }

    Engine engine() {
        return engine;
    }

    /// Ends a store whose state another has replaced: what has to be written for the next start of it is not.
    /// Called by the thread that commits, when nobody [#republish]es. Views that are open stay so.
    public void retire() {
        retired = true;
        current.close();
    }

    @Override
    public void close() {
        storeCounts();
        retire();
    }
}
