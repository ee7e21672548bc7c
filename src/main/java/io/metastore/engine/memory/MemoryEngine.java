package io.metastore.engine.memory;

import io.metastore.engine.Capture;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineGauge;
import io.metastore.engine.RowSource;
import io.metastore.engine.RowStream;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;

/// All tables in the heap, as trees that never change: a write makes new ones that share all but what it touched, and
/// publishes them together. Readers take the newest and wait for nobody; a snapshot or a capture is a reference.
///
/// Nothing of it is on disk. The raft log and its snapshots, which [#capture] feeds, are what a start begins from.
///
/// Tables whose keys users choose are cut into shards by a hash of the key: a put copies the path to its row in a tree
/// of that many times fewer rows. A range merges the shards.
public final class MemoryEngine implements Engine {
    /// What a row takes besides its bytes: the heads of two arrays, padding, and its places in a node that is as
    /// full as most are.
    static final int ROW_BYTES = 48;

    /// Most shards, and the number that is the default.
    public static final int SHARDS_MAX = 64;

    private final Object writing = new Object();
    private volatile MemoryState newest;

    /// @param shards of each table that users fill, 1 to [#SHARDS_MAX]
    public MemoryEngine(int shards) {
        if (shards < 1 || shards > SHARDS_MAX) {
            throw new IllegalArgumentException("shards is " + shards + ", but must be from 1 to " + SHARDS_MAX);
        }
        newest = MemoryState.empty(shards);
    }

    @Override
    public WriteBatch newBatch() {
        return new MemoryBatch();
    }

    @Override
    public void write(WriteBatch batch) {
        List<MemoryBatch.Change> changes = ((MemoryBatch) batch).written();
        synchronized (writing) {
            Editing editing = new Editing(newest);
            for (MemoryBatch.Change change : changes) {
                editing.apply(change.table(), change.key(), change.value());
            }
            newest = editing.done();
        }
    }

    /// The next state while it is made.
    private static final class Editing {
        private final MemoryState before;
        private final RowTree.Edit[][] edits;
        private long rows;
        private long bytes;

        private Editing(MemoryState before) {
            this.before = before;
            this.edits = new RowTree.Edit[before.trees().length][];
            this.rows = before.rows();
            this.bytes = before.bytes();
        }

        /// @param value null for a row that goes
        private void apply(Table table, byte[] key, byte[] value) {
            RowTree.Edit edit = edit(table, key);
            byte[] replaced = value == null ? edit.remove(key) : edit.put(key, value);
            if (value != null) {
                rows++;
                bytes += (long) ROW_BYTES + key.length + value.length;
            }
            if (replaced != null) {
                rows--;
                bytes -= (long) ROW_BYTES + key.length + replaced.length;
            }
        }

        private RowTree.Edit edit(Table table, byte[] key) {
            RowTree[] shards = before.trees()[table.ordinal()];
            RowTree.Edit[] open = edits[table.ordinal()];
            if (open == null) {
                open = new RowTree.Edit[shards.length];
                edits[table.ordinal()] = open;
            }
            int shard = MemoryState.shardOf(key, shards.length);
            if (open[shard] == null) {
                open[shard] = shards[shard].edit();
            }
            return open[shard];
        }

        private MemoryState done() {
            RowTree[][] trees = before.trees().clone();
            for (int table = 0; table < trees.length; table++) {
                if (edits[table] == null) {
                    continue;
                }
                trees[table] = trees[table].clone();
                for (int shard = 0; shard < trees[table].length; shard++) {
                    if (edits[table][shard] != null) {
                        trees[table][shard] = edits[table][shard].done();
                    }
                }
            }
            return new MemoryState(trees, rows, bytes);
        }
    }

    @Override
    public Snapshot snapshot() {
        return newest;
    }

    @Override
    public Capture capture() {
        MemoryState held = newest;
        return new Capture() {
            @Override
            public void writeTo(Path target) {
                RowStream.write(held, target);
            }

            @Override
            public void close() {
                // The collector of garbage takes what is held.
            }
        };
    }

    @Override
    public void restore(RowSource source) {
        synchronized (writing) {
            if (newest.rows() > 0) {
                throw new IllegalStateException("the engine holds " + newest.rows() + " rows already");
            }
            Editing editing = new Editing(newest);
            while (source.next()) {
                editing.apply(source.table(), source.key(), source.value());
            }
            newest = editing.done();
        }
    }

    @Override
    public boolean isDurable() {
        return false;
    }

    @Override
    public void flush() {
        // The raft log has it.
    }

    /// There is nothing to merge: what was deleted is gone.
    @Override
    public void compact(Runnable between) {
        between.run();
    }

    @Override
    public long allocatedBytes() {
        return newest.bytes();
    }

    @Override
    public long liveBytes() {
        return newest.bytes();
    }

    @Override
    public List<EngineGauge> gauges() {
        return List.of(
                new EngineGauge("memory_rows", "Rows in all tables.", () -> newest.rows()),
                new EngineGauge("memory_bytes", "Bytes of rows and what holds them, estimated.", () -> newest.bytes()));
    }

    @Override
    public void retire(Executor closing) {
        // The collector of garbage takes what nobody reads any more.
    }

    @Override
    public void close() {
        // Whoever still has a snapshot may go on reading it.
    }
}
