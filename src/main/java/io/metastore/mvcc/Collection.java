package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.Engine;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.value.Revision;
import java.nio.charset.StandardCharsets;

/// Removes what a compaction left behind, in bounded steps, by walking the history from the previously
/// compacted revision, inclusive, to the compacted one. Each change names the version that it replaced: that
/// version goes from `log` and `versions`. A tombstone goes too, except one exactly at the compacted revision
/// (CMP-08), which the next walk takes.
///
/// Example: put a (2), put a (3), delete a (4), put a (5), compact 4. The walk meets a@3, which replaced a@2:
/// a@2 goes. It meets the tombstone a@4, which replaced a@3: a@3 goes; the tombstone stays, a watch from 4
/// shall see it. After `compact 5` the next walk begins at 4, and there the tombstone is below 5 and goes.
///
/// Only the heads of rows are read, whatever values are behind them. Where the walk stands is saved with each
/// step, so a crash goes on from there.
public final class Collection {
    private static final byte[] ROW = "collection".getBytes(StandardCharsets.US_ASCII);

    private final MvccStore store;
    private final Engine engine;
    private volatile long done;
    private long target;
    private Revision next;

    public Collection(MvccStore store) {
        this.store = store;
        this.engine = store.engine();
        try (View view = store.view()) {
            byte[] row = view.reads().get(Table.META, ROW);
            if (row != null) {
                CorruptRow.sized(row, 32, "the row of the collection");
            }
            done = row == null ? -1 : BigEndian.getLong(row, 0);
            target = row == null ? -1 : BigEndian.getLong(row, 8);
            next = row == null ? null : new Revision(BigEndian.getLong(row, 16), BigEndian.getLong(row, 24));
        }
    }

    /// Everything that compactions up to this revision left behind is gone; -1 before the first.
    public long done() {
        return done;
    }

    /// Whether a compaction has left something to do.
    public boolean isDue() {
        return store.state().compactedRevision() > done;
    }

    /// What one step did.
    ///
    /// @param visited changes looked at
    /// @param removed rows removed
    /// @param changes changes removed from the history: versions that gave way, and tombstones
    public record Step(int visited, int removed, int changes) {}

    /// Looks at up to `limit` changes and removes what they replaced, in one batch. Nothing happens when
    /// nothing is due.
    public Step step(int limit) {
        if (!isDue()) {
            return new Step(0, 0, 0);
        }
        if (target <= done) {
            target = store.state().compactedRevision();
            next = new Revision(Math.max(done, 0), 0);
            store.storeCounts();
        }
        WriteBatch batch = engine.newBatch();
        int visited = 0;
        int rows = 0;
        int changes = 0;
        boolean finished = false;
        try (View view = store.view();
                Cursor log = view.reads()
                        .cursor(Table.LOG, LogRow.key(next.main(), next.sub()), LogRow.key(target + 1, 0))) {
            while (true) {
                if (!log.next()) {
                    finished = true;
                    break;
                }
                LogRow.Head change = LogRow.head(log);
                if (visited == limit) {
                    next = change.revision();
                    break;
                }
                visited++;
                if (collectReplaced(batch, change)) {
                    rows += 2;
                    changes++;
                }
                if (change.tombstone() && change.revision().main() < target) {
                    batch.delete(Table.LOG, log.key());
                    rows++;
                    changes++;
                }
            }
        }
        long doneNow = finished ? target : done;
        batch.put(Table.META, ROW, row(doneNow));
        engine.write(batch);
        done = doneNow;
        return new Step(visited, rows, changes);
    }

    /// Removes both rows of the version that a change replaced, if it did replace one.
    private static boolean collectReplaced(WriteBatch batch, LogRow.Head change) {
        Revision replaced = change.replaced();
        if (replaced == null) {
            return false;
        }
        batch.delete(Table.LOG, LogRow.key(replaced.main(), replaced.sub()));
        batch.delete(Table.VERSIONS, VersionRow.key(change.key(), replaced.main(), replaced.sub()));
        return true;
    }

    private byte[] row(long doneNow) {
        byte[] row = new byte[32];
        BigEndian.putLong(row, 0, doneNow);
        BigEndian.putLong(row, 8, target);
        BigEndian.putLong(row, 16, next.main());
        BigEndian.putLong(row, 24, next.sub());
        return row;
    }
}
