package io.metastore.engine.rocksdb;

import io.metastore.engine.Capture;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineFailure;
import io.metastore.engine.EngineGauge;
import io.metastore.engine.RowSource;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WriteOptions;

/// The state database in RocksDB: a column family for each table.
///
/// It runs without RocksDB's own write-ahead log, because the raft log is one already, and flushes all tables
/// together, so that after a crash the tables agree and the applied index among them tells where to go on
/// replaying.
public final class RocksEngine implements Engine {
    private static final Logger LOG = Logger.getLogger(RocksEngine.class);

    static {
        RocksLibrary.load();
    }

    private final RocksDB db;
    /// Bytes that a batch is begun with.
    private static final int BUFFER = 4096;

    /// A larger buffer than this was for a rare batch, and is not worth its memory.
    private static final int BUFFER_KEPT = 1 << 20;

    /// What RocksDB tells of itself.
    ///
    /// @param key its name for it, behind `rocksdb.`
    private record Property(String key, String name, String help) {}

    private static final List<Property> FIGURES = List.of(
            new Property("num-running-compactions", "running_compactions", "Compactions of table files that run now."),
            new Property("num-running-flushes", "running_flushes", "Flushes of memtables that run now."),
            new Property(
                    "estimate-pending-compaction-bytes", "pending_compaction_bytes", "Bytes that wait for compaction."),
            new Property("cur-size-all-mem-tables", "memtable_bytes", "Memory of memtables."),
            new Property(
                    "estimate-table-readers-mem",
                    "table_reader_bytes",
                    "Memory of open table files, without the cache."),
            new Property(
                    "block-cache-usage",
                    "block_cache_bytes",
                    "Memory of the block cache, counted once for each table."),
            new Property("total-sst-files-size", "table_file_bytes", "Size of all table files."),
            new Property(
                    "live-sst-files-size", "live_table_file_bytes", "Size of the table files of the newest version."),
            new Property("estimate-num-keys", "keys", "Estimate of the rows in all tables."),
            new Property("num-snapshots", "snapshots", "Snapshots held by readers, counted once for each table."),
            new Property(
                    "actual-delayed-write-rate",
                    "delayed_write_rate",
                    "Bytes per second that writes are slowed to; 0: not."),
            new Property(
                    "is-write-stopped", "write_stopped", "Whether writes are stopped, counted once for each table."),
            new Property("background-errors", "background_errors", "Errors of background work since the start."));

    /// A batch of rows that are copied from elsewhere is written when it has so much.
    private static final int RESTORE_BYTES = 1 << 20;

    /// The disk is asked for its room each time that so much was written.
    private static final int LOOK_BYTES = 1 << 20;

    private final Path folder;
    private final DBOptions options;
    private final DiskSpace disk;
    private final RocksTables tables;
    private final WriteOptions writeOptions = new WriteOptions().setDisableWAL(true);
    private final List<ColumnFamilyHandle> families = new ArrayList<>();
    private final int[] familyIds = new int[Table.values().length];

    /// What the batch before was built in, for the next: batches are built one after the other, nearly always.
    private final AtomicReference<byte[]> spareBuffer = new AtomicReference<>();

    /// The engine's own until it is retired, one for each snapshot, and one for each call into RocksDB that a retiring
    /// could meet.
    private final AtomicInteger holds = new AtomicInteger(1);

    private volatile Executor closing;

    /// What a flush may take: all memtables, as much again for their indexes and filters, and the manifest.
    private final long flushBytes;

    /// Written since the last look; two threads that meet here look once more or once less, no worse.
    private int unlooked;

    public RocksEngine(Path folder, RocksSettings settings) {
        this(folder, settings, DiskSpace.unbounded());
    }

    /// Opens the database in `folder`, creating it when it is not there.
    ///
    /// @param disk where what finds no room waits for some
    public RocksEngine(Path folder, RocksSettings settings, DiskSpace disk) {
        this.disk = disk;
        this.folder = folder;
        Manifest.check(folder);
        flushBytes = 2 * settings.memtableBytes();
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
        unlooked += rows.bytes();
        if (unlooked >= LOOK_BYTES) {
            makeRoomForFlush();
        }
        try (org.rocksdb.WriteBatch serialized = new org.rocksdb.WriteBatch(rows.serialized())) {
            db.write(writeOptions, serialized);
        } catch (RocksDBException e) {
            // The batch was not begun: RocksDB refuses all writes since a flush in the background found no room.
            again("writing to the state database failed", e, () -> {
                try (org.rocksdb.WriteBatch serialized = new org.rocksdb.WriteBatch(rows.serialized())) {
                    db.write(writeOptions, serialized);
                }
            });
        }
        byte[] buffer = rows.release();
        if (buffer.length <= BUFFER_KEPT) {
            spareBuffer.set(buffer);
        }
    }

    @Override
    public Snapshot snapshot() {
        if (!hold()) {
            throw new IllegalStateException("the state in " + folder + " is retired");
        }
        return new RocksSnapshot(db, families, this::release);
    }

    /// Keeps RocksDB open until [#release]; false when it may be closed already.
    private boolean hold() {
        while (true) {
            int now = holds.get();
            if (now == 0) {
                return false;
            }
            if (holds.compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    private void release() {
        if (holds.decrementAndGet() == 0) {
            closing.execute(this::drop);
        }
    }

    private boolean isRetired() {
        return closing != null;
    }

    @Override
    public void retire(Executor closing) {
        this.closing = closing;
        release();
    }

    private void drop() {
        end();
        try {
            RocksCapture.delete(folder);
        } catch (IOException failure) {
            throw new UncheckedIOException("the replaced state in " + folder + " cannot be deleted", failure);
        }
    }

    @Override
    public void flush() {
        makeRoomForFlush();
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
            try {
                db.flush(flush, families);
            } catch (RocksDBException e) {
                again("flushing the state database failed", e, () -> {
                    // Asks by a write whether RocksDB has recovered: a flush asked for meanwhile keeps it from that,
                    // for
                    // ever when it is asked for five times a second.
                    try (org.rocksdb.WriteBatch nothing = new org.rocksdb.WriteBatch()) {
                        db.write(writeOptions, nothing);
                    }
                    db.flush(flush, families);
                });
            }
        }
    }

    /// Gives up what is held in reserve before a flush would fail for want of room: after such a failure RocksDB
    /// refuses
    /// writes for five seconds or more, however much room there is by then.
    private void makeRoomForFlush() {
        unlooked = 0;
        try {
            disk.ensure(flushBytes);
        } catch (IOException unknown) {
            LOG.warnf("the room on the disk of %s is not known: %s", folder, unknown);
        }
    }

    /// Something that RocksDB is asked to do.
    private interface Work {
        void run() throws RocksDBException;
    }

    /// Does again what failed because the disk is full, once there is room. RocksDB writes nothing more after such a
    /// failure until it has noticed the room itself, which it looks for every few seconds; what it had in memory it
    /// still has.
    private void again(String what, RocksDBException failure, Work work) {
        if (!RocksFailures.isNoSpace(failure)) {
            throw RocksFailures.of(what, failure);
        }
        boolean done = disk.awaitRoom(what, () -> {
            try {
                work.run();
                return true;
            } catch (RocksDBException e) {
                boolean busy = e.getStatus() != null && e.getStatus().getCode() == Status.Code.Busy;
                if (busy || RocksFailures.isNoSpace(e)) {
                    return false;
                }
                throw RocksFailures.of(what, e);
            }
        });
        if (!done) {
            throw RocksFailures.of(what, failure);
        }
    }

    /// Tables are worked through file by file of their last level, so that no step needs much room; each hands what it
    /// freed back before the next begins.
    @Override
    public void compact(Runnable between) {
        if (hold()) {
            try {
                merge(between);
            } finally {
                release();
            }
        }
    }

    private void merge(Runnable between) {
        flush();
        try (CompactRangeOptions options = new CompactRangeOptions().setExclusiveManualCompaction(false)) {
            for (ColumnFamilyHandle family : families) {
                for (byte[][] range : ranges(family)) {
                    if (isRetired()) {
                        return;
                    }
                    db.compactRange(family, range[0], range[1], options);
                    between.run();
                }
            }
        } catch (RocksDBException e) {
            if (RocksFailures.isNoSpace(e)) {
                disk.release();
            }
            throw RocksFailures.of("compacting the state database failed", e);
        }
    }

    /// First and last keys of the files of a table's last level; everything when there is none.
    private List<byte[][]> ranges(ColumnFamilyHandle family) throws RocksDBException {
        byte[] name = family.getName();
        List<LiveFileMetaData> files = db.getLiveFilesMetaData().stream()
                .filter(file -> Arrays.equals(file.columnFamilyName(), name))
                .toList();
        int last = files.stream().mapToInt(LiveFileMetaData::level).max().orElse(0);
        List<byte[]> begins = new ArrayList<>();
        files.stream()
                .filter(file -> file.level() == last && last > 0)
                .map(LiveFileMetaData::smallestKey)
                .sorted(Arrays::compareUnsigned)
                .skip(1)
                .forEach(begins::add);
        List<byte[][]> ranges = new ArrayList<>();
        byte[] begin = null;
        for (byte[] next : begins) {
            ranges.add(new byte[][] {begin, next});
            begin = next;
        }
        ranges.add(new byte[][] {begin, null});
        return ranges;
    }

    @Override
    public Capture capture() {
        flush();
        Path target = RocksCapture.folderBeside(folder);
        try {
            RocksCapture.delete(target);
        } catch (IOException failure) {
            throw new EngineFailure(
                    EngineFailure.Kind.INPUT_OUTPUT,
                    target + ", left from before, cannot be deleted: " + failure,
                    failure);
        }
        try (Checkpoint checkpoint = Checkpoint.create(db)) {
            checkpoint.createCheckpoint(target.toString());
        } catch (RocksDBException e) {
            throw RocksFailures.of("copying the state database to " + target + " failed", e);
        }
        return new RocksCapture(target);
    }

    @Override
    public void restore(RowSource rows) {
        WriteBatch batch = newBatch();
        while (rows.next()) {
            batch.put(rows.table(), rows.key(), rows.value());
            if (batch.bytes() >= RESTORE_BYTES) {
                write(batch);
                batch = newBatch();
            }
        }
        write(batch);
        flush();
    }

    @Override
    public boolean isDurable() {
        return true;
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
    public List<EngineGauge> gauges() {
        return FIGURES.stream()
                .map(figure -> new EngineGauge(
                        "rocksdb_" + figure.name(), figure.help(), () -> sum("rocksdb." + figure.key())))
                .toList();
    }

    private long sum(String property) {
        if (!hold()) {
            return 0;
        }
        try {
            return db.getAggregatedLongProperty(property);
        } catch (RocksDBException e) {
            return -1;
        } finally {
            release();
        }
    }

    @Override
    public void close() {
        flush();
        end();
    }

    private void end() {
        families.forEach(ColumnFamilyHandle::close);
        db.close();
        writeOptions.close();
        options.close();
        tables.close();
    }
}
