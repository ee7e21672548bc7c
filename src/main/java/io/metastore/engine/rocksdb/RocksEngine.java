package io.metastore.engine.rocksdb;

import io.metastore.engine.Engine;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/// The state database in RocksDB: a column family for each table.
///
/// It runs without RocksDB's own write-ahead log, because the raft log is one already, and flushes all tables
/// together, so that after a crash the tables agree and the applied index among them tells where to go on
/// replaying.
public final class RocksEngine implements Engine {
    static {
        RocksLibrary.load();
    }

    private final RocksDB db;
    /// Bytes that a batch is begun with.
    private static final int BUFFER = 4096;

    /// A larger buffer than this was for a rare batch, and is not worth its memory.
    private static final int BUFFER_KEPT = 1 << 20;

    private final DBOptions options;
    private final RocksTables tables;
    private final WriteOptions writeOptions = new WriteOptions().setDisableWAL(true);
    private final List<ColumnFamilyHandle> families = new ArrayList<>();
    private final int[] familyIds = new int[Table.values().length];

    /// What the batch before was built in, for the next: batches are built one after the other, nearly always.
    private final AtomicReference<byte[]> spareBuffer = new AtomicReference<>();

    /// Opens the database in `folder`, creating it when it is not there.
    public RocksEngine(Path folder, RocksSettings settings) {
        Manifest.check(folder);
        tables = new RocksTables(settings);
        options = new DBOptions()
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setAtomicFlush(true)
                // One thread writes nearly always: inserts that may be concurrent would only cost more.
                .setAllowConcurrentMemtableWrite(false)
                .setDbWriteBufferSize(settings.memtableBytes())
                .setMaxBackgroundJobs(2)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(4)
                .setMaxManifestFileSize(16L << 20);
        try {
            db = RocksDB.open(options, folder.toString(), tables.descriptors(), families);
        } catch (RocksDBException e) {
            throw RocksFailures.ofOpening("cannot open the state database in " + folder, folder, e);
        }
        for (Table table : Table.values()) {
            familyIds[table.ordinal()] = families.get(table.ordinal()).getID();
        }
    }

    @Override
    public WriteBatch newBatch() {
        byte[] buffer = spareBuffer.getAndSet(null);
        return new RocksBatch(familyIds, buffer == null ? new byte[BUFFER] : buffer);
    }

    @Override
    public void write(WriteBatch batch) {
        RocksBatch rows = (RocksBatch) batch;
        try (org.rocksdb.WriteBatch serialized = new org.rocksdb.WriteBatch(rows.serialized())) {
            db.write(writeOptions, serialized);
        } catch (RocksDBException e) {
            throw RocksFailures.of("writing to the state database failed", e);
        }
        byte[] buffer = rows.release();
        if (buffer.length <= BUFFER_KEPT) {
            spareBuffer.set(buffer);
        }
    }

    @Override
    public Snapshot snapshot() {
        return new RocksSnapshot(db, families);
    }

    @Override
    public void flush() {
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
            db.flush(flush, families);
        } catch (RocksDBException e) {
            throw RocksFailures.of("flushing the state database failed", e);
        }
    }

    @Override
    public void checkpoint(Path target) {
        flush();
        try (Checkpoint checkpoint = Checkpoint.create(db)) {
            checkpoint.createCheckpoint(target.toString());
        } catch (RocksDBException e) {
            throw RocksFailures.of("copying the state database to " + target + " failed", e);
        }
    }

    @Override
    public long allocatedBytes() {
        return sum("rocksdb.total-sst-files-size") + sum("rocksdb.cur-size-all-mem-tables");
    }

    @Override
    public long liveBytes() {
        long live = sum("rocksdb.estimate-live-data-size") + sum("rocksdb.cur-size-all-mem-tables");
        return Math.min(live, allocatedBytes());
    }

    @Override
    public long property(String name) {
        return sum(name);
    }

    private long sum(String property) {
        try {
            return db.getAggregatedLongProperty(property);
        } catch (RocksDBException e) {
            return -1;
        }
    }

    @Override
    public void close() {
        flush();
        families.forEach(ColumnFamilyHandle::close);
        db.close();
        writeOptions.close();
        options.close();
        tables.close();
    }
}
