package io.metastore.engine.rocksdb;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDB;

final class RocksSnapshot implements Snapshot {
    private final RocksDB db;
    private final org.rocksdb.Snapshot snapshot;
    private final RocksReads anywhere;
    private final RocksReads memory;
    private final Runnable released;

    /// @param released run when this is closed, after the last use of `db`
    RocksSnapshot(RocksDB db, List<ColumnFamilyHandle> families, Runnable released) {
        this.db = db;
        this.released = released;
        this.snapshot = db.getSnapshot();
        this.anywhere = new RocksReads(db, families, snapshot, ReadTier.READ_ALL_TIER);
        this.memory = new RocksReads(db, families, snapshot, ReadTier.BLOCK_CACHE_TIER);
    }

    @Override
    public byte[] get(Table table, byte[] key) {
        return anywhere.get(table, key);
    }

    @Override
    public byte[][] getAll(Table table, byte[][] keys) {
        return anywhere.getAll(table, keys);
    }

    @Override
    public Cursor cursor(Table table, byte[] from, byte[] to) {
        return anywhere.cursor(table, from, to);
    }

    @Override
    public Reads inMemory() {
        return memory;
    }

    @Override
    public void close() {
        anywhere.close();
        memory.close();
        db.releaseSnapshot(snapshot);
        snapshot.close();
        released.run();
    }
}
