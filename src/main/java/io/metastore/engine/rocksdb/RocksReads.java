package io.metastore.engine.rocksdb;

import io.metastore.engine.Cursor;
import io.metastore.engine.NotInMemory;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Status;

/// Reads through one RocksDB snapshot, either from anywhere or only from memory.
final class RocksReads implements Reads, AutoCloseable {
    private final RocksDB db;
    private final List<ColumnFamilyHandle> families;
    private final org.rocksdb.Snapshot snapshot;
    private final ReadTier tier;
    private final ReadOptions options;

    RocksReads(RocksDB db, List<ColumnFamilyHandle> families, org.rocksdb.Snapshot snapshot, ReadTier tier) {
        this.db = db;
        this.families = families;
        this.snapshot = snapshot;
        this.tier = tier;
        this.options = options();
    }

    @Override
    public byte[] get(Table table, byte[] key) {
        try {
            return db.get(families.get(table.ordinal()), options, key);
        } catch (RocksDBException e) {
            throw failure(e);
        }
    }

    @Override
    public byte[][] getAll(Table table, byte[][] keys) {
        if (keys.length == 1 || tier == ReadTier.BLOCK_CACHE_TIER) {
            // A call for many keys waits for the disk whatever the tier is.
            return oneByOne(table, keys);
        }
        try {
            ColumnFamilyHandle family = families.get(table.ordinal());
            return db.multiGetAsList(options, Collections.nCopies(keys.length, family), Arrays.asList(keys))
                    .toArray(new byte[0][]);
        } catch (RocksDBException e) {
            throw failure(e);
        }
    }

    private byte[][] oneByOne(Table table, byte[][] keys) {
        byte[][] values = new byte[keys.length][];
        for (int i = 0; i < keys.length; i++) {
            values[i] = get(table, keys[i]);
        }
        return values;
    }

    @Override
    public Cursor cursor(Table table, byte[] from, byte[] to) {
        ReadOptions bounded = options();
        Slice upperBound = null;
        try {
            if (to != null) {
                upperBound = new Slice(to);
                bounded.setIterateUpperBound(upperBound);
            }
            RocksIterator iterator = db.newIterator(families.get(table.ordinal()), bounded);
            return new RocksCursor(iterator, bounded, upperBound, from);
        } catch (RuntimeException | Error failure) {
            // No cursor takes them over: nobody else would give their memory back.
            bounded.close();
            if (upperBound != null) {
                upperBound.close();
            }
            throw failure;
        }
    }

    @Override
    public void close() {
        options.close();
    }

    private ReadOptions options() {
        return new ReadOptions().setSnapshot(snapshot).setReadTier(tier);
    }

    private static RuntimeException failure(RocksDBException e) {
        if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Incomplete) {
            return NotInMemory.INSTANCE;
        }
        return RocksFailures.of("reading the state database failed", e);
    }
}
