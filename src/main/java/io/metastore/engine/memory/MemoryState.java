package io.metastore.engine.memory;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import java.util.Arrays;

/// All tables at one time. It is never changed, so it is its own snapshot, costs nothing to hold but the rows that were
/// replaced since, and never throws [NotInMemory].
///
/// @param trees by table and shard
/// @param rows  in all tables
/// @param bytes of keys and values, and what it takes to hold them
record MemoryState(RowTree[][] trees, long rows, long bytes) implements Snapshot {
    static MemoryState empty(int shards) {
        RowTree[][] trees = new RowTree[Table.values().length][];
        for (Table table : Table.values()) {
            trees[table.ordinal()] = new RowTree[isSharded(table) ? shards : 1];
            Arrays.fill(trees[table.ordinal()], RowTree.EMPTY);
        }
        return new MemoryState(trees, 0, 0);
    }

    /// Whether a table is cut into shards: those whose rows users name. What the store itself numbers, such as the
    /// history, grows at one end and is read in order, which shards would only make dearer.
    private static boolean isSharded(Table table) {
        return switch (table) {
            case KEYS, VERSIONS, LEASE_KEYS -> true;
            case META, LOG, COUNTS, LEASES, AUTH, MEMBERS, ALARMS -> false;
        };
    }

    /// The shard that has `key`: neighbours are spread.
    static int shardOf(byte[] key, int shards) {
        if (shards == 1) {
            return 0;
        }
        int mixed = Arrays.hashCode(key) * 0x9E3779B9;
        return (int) ((mixed & 0xffff_ffffL) * shards >>> 32);
    }

    @Override
    public byte[] get(Table table, byte[] key) {
        RowTree[] shards = trees[table.ordinal()];
        return shards[shardOf(key, shards.length)].get(key);
    }

    @Override
    public byte[][] getAll(Table table, byte[][] keys) {
        byte[][] values = new byte[keys.length][];
        for (int i = 0; i < keys.length; i++) {
            values[i] = get(table, keys[i]);
        }
        return values;
    }

    @Override
    public Cursor cursor(Table table, byte[] from, byte[] to) {
        RowTree[] shards = trees[table.ordinal()];
        if (shards.length == 1) {
            return new TreeCursor(shards[0], from, to);
        }
        return new MergedCursor(Arrays.stream(shards)
                .filter(shard -> !shard.isEmpty())
                .map(shard -> new TreeCursor(shard, from, to))
                .toArray(Cursor[]::new));
    }

    @Override
    public Reads inMemory() {
        return this;
    }

    @Override
    public void close() {
        // The collector of garbage takes it when nobody has it any more.
    }
}
