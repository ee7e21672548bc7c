package io.metastore.engine.rocksdb;

/// What the state database may use.
///
/// @param blockCacheBytes memory for blocks of table files
/// @param memtableBytes   memory for writes not yet in table files, over all tables
public record RocksSettings(long blockCacheBytes, long memtableBytes) {}
