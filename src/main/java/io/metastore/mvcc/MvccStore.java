package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.Engine;
import io.metastore.engine.Reads;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
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
public final class MvccStore implements History.Source, AutoCloseable {
    /// Row of `meta`: the revision that the table `counts` holds for.
    private static final byte[] COUNTS_STAMP = "counts".getBytes(StandardCharsets.US_ASCII);

    private final Engine engine;
    private final HotKeys hot;
    private final RecentChanges recent;
    private final LongAdder open = new LongAdder();

    /// Held while a chunk is written and its view published: in between the engine is ahead of the newest view.
    private final Object publishing = new Object();

    private volatile View current;
    private Counts storedCounts;
    private long storedCountsRevision;

    /// Takes up the state that `engine` holds. Costs the history since counts were last stored, not the size
    /// of the data.
    public MvccStore(Engine engine) {
        this(engine, new HotKeys(HotKeys.BYTES));
    }

    /// @param hot takes up the keys that are written; holds none yet
    public MvccStore(Engine engine, HotKeys hot) {
        this.engine = engine;
        this.hot = hot;
        Snapshot snapshot = engine.snapshot();
        StateRow state = StateRow.decode(snapshot.get(Table.META, StateRow.KEY));
        byte[] stamp = snapshot.get(Table.META, COUNTS_STAMP);
        storedCountsRevision =
                stamp == null ? 0 : BigEndian.getLong(CorruptRow.sized(stamp, 8, "the stamp of counts"), 0);
        storedCounts = loadCounts(snapshot);
        Counts counts = catchUp(storedCounts, snapshot);
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

    /// Replays which keys came and went since counts were stored, in portions, so that a long history costs no
    /// memory. Runs are split only at the end: before that the keys that are there are ahead of what has been
    /// counted.
    private Counts catchUp(Counts stored, Reads reads) {
        Counts counts = stored;
        SortedMap<Bytes, Integer> deltas = new TreeMap<>();
        try (Cursor log = reads.cursor(Table.LOG, LogRow.key(storedCountsRevision + 1, 0), null)) {
            while (log.next()) {
                Event event = LogRow.event(log.key(), log.value());
                switch (event) {
                    case Event.Delete delete -> deltas.merge(delete.key(), -1, Integer::sum);
                    case Event.Put put -> {
                        if (put.isCreate()) {
                            deltas.merge(put.key(), 1, Integer::sum);
                        }
                    }
                }
                if (deltas.size() >= 50_000) {
                    counts = counts.with(deltas);
                    deltas.clear();
                }
            }
        }
        counts = counts.with(deltas);
        return settle(counts, reads, counts.oversized());
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

    /// The newest published state. Close it.
    public View view() {
        while (true) {
            View newest = current;
            if (newest.retain()) {
                return newest;
            }
        }
    }

    /// Views handed out and not given back yet.
    public long openViews() {
        // One reference is the store's own, to the newest.
        return open.sum() - 1;
    }

    @Override
    public History open() {
        return view();
    }

    /// How far the log is applied, and the revisions that belong to it.
    public StateRow state() {
        return current.state();
    }

    /// To be given to [#commit]: a chunk holds the view that it stands on.
    public Chunk begin() {
        return new Chunk(view(), engine.newBatch(), hot);
    }

    /// Writes what `chunk` collected in one batch, together with the raft position it stands for, and
    /// publishes the view.
    public void commit(Chunk chunk, long appliedIndex, long appliedTerm) {
        StateRow state = new StateRow(appliedIndex, appliedTerm, chunk.revision(), chunk.compactedRevision());
        chunk.writeKeys();
        chunk.batch().put(Table.META, StateRow.KEY, state.encode());
        synchronized (publishing) {
            engine.write(chunk.batch());
            chunk.written();
            Snapshot snapshot = engine.snapshot();
            Counts counts = counted(current, chunk, snapshot);
            publish(new View(snapshot, state, counts, recent.newest(), open));
        }
        chunk.close();
    }

    /// Publishes the same state once more. The view of a store that nobody writes to would else go on holding, and
    /// showing to those who walk the history, what has been collected since.
    public void republish() {
        synchronized (publishing) {
            publish(new View(engine.snapshot(), current.state(), current.counts(), recent.newest(), open));
        }
    }

    private void publish(View next) {
        View before = current;
        current = next;
        before.close();
    }

    private Counts counted(View before, Chunk chunk, Snapshot snapshot) {
        List<LifeChange> changes = chunk.lifeChanges();
        if (changes.isEmpty()) {
            return before.counts();
        }
        SortedMap<Bytes, Integer> deltas = new TreeMap<>();
        for (LifeChange change : changes) {
            deltas.merge(change.key(), change.created() ? 1 : -1, Integer::sum);
        }
        recent.add(before.revision(), changes);
        Counts counts = before.counts().with(deltas);
        return settle(counts, snapshot, counts.oversized(deltas.keySet()));
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

    @Override
    public void close() {
        storeCounts();
        current.close();
    }
}
