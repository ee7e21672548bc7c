package io.metastore.engine.rocksdb;

/// What the state database may use.
///
/// @param blockCacheBytes memory for blocks of table files
/// @param memtableBytes   memory for writes not yet in table files, over all tables
/// @param levelBytes      size of the first level behind the newest files: merging takes about so much room on the
///     disk for a while
public record RocksSettings(long blockCacheBytes, long memtableBytes, long levelBytes) {
    /// RocksDB's own choice.
    public static final long LEVEL_BYTES = 256L << 20;

    private static final long LEAST_LEVEL_BYTES = 16L << 20;

    public RocksSettings(long blockCacheBytes, long memtableBytes) {
        this(blockCacheBytes, memtableBytes, LEVEL_BYTES);
    }

    /// Levels that suit a file system: on a small one merging goes in small steps, so that it needs little room.
    public static long levelBytes(long diskBytes) {
        return Math.clamp(diskBytes / 32, LEAST_LEVEL_BYTES, LEVEL_BYTES);
    }
}
