package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.storage.impl.RocksDBLogStorage;
import com.alipay.sofa.jraft.util.StorageOptionsFactory;
import io.metastore.engine.rocksdb.RocksMemory;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.WALRecoveryMode;

/// How the raft log's database is opened.
///
/// RocksDB's default for a damaged write-ahead log is to drop everything behind the damage in silence: entries
/// that were acknowledged would be gone, and new ones would take their indexes. Here a torn end, as a crash
/// leaves it, is dropped, and any other damage refuses to open.
final class LogOptions {
    /// Entries reach a file a second time when this is full, so its size costs memory and saves no writing.
    private static final long MEMTABLE_BYTES = 4L << 20;

    /// The log is read at a start, entry after entry: nothing is read twice.
    private static final long READ_BYTES = 2L << 20;

    /// So many files, of a full memtable each, are merged at once. Writes are slowed down at three times as many.
    private static final int MERGED_FILES = 32;

    private static boolean registered;

    private LogOptions() {}

    /// JRaft keeps one set of options for all logs of the process.
    static synchronized void register() {
        if (registered) {
            return;
        }
        RocksDB.loadLibrary();
        StorageOptionsFactory.registerRocksDBOptions(
                RocksDBLogStorage.class,
                new DBOptions()
                        .setCreateIfMissing(true)
                        .setCreateMissingColumnFamilies(true)
                        .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                        .setMaxTotalWalSize(256L << 20)
                        .setMaxBackgroundJobs(2)
                        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                        .setKeepLogFileNum(4));
        StorageOptionsFactory.registerRocksDBColumnFamilyOptions(
                RocksDBLogStorage.class,
                new ColumnFamilyOptions()
                        .setWriteBufferSize(MEMTABLE_BYTES)
                        .setMaxWriteBufferNumber(2)
                        .setArenaBlockSize(RocksMemory.ARENA_BLOCK_BYTES)
                        .setCompressionType(CompressionType.NO_COMPRESSION)
                        .setLevel0FileNumCompactionTrigger(MERGED_FILES)
                        .setLevel0SlowdownWritesTrigger(3 * MERGED_FILES)
                        .setLevel0StopWritesTrigger(4 * MERGED_FILES));
        StorageOptionsFactory.registerRocksDBTableFormatConfig(
                RocksDBLogStorage.class,
                new BlockBasedTableConfig()
                        .setBlockCache(new LRUCache(READ_BYTES))
                        .setFormatVersion(5));
        registered = true;
    }
}
