package io.metastore.engine.rocksdb;

/// How RocksDB takes memory, for all databases of the process.
public final class RocksMemory {
    /// Memory for rows that are not in a file yet is taken in pieces of this many bytes.
    ///
    /// With malloc's own 16 bytes a piece is just as large as what malloc gets from the system directly, and gives
    /// back as soon as the rows are in a file: `bin/metastore` sets MALLOC_MMAP_THRESHOLD_ so. Smaller pieces
    /// would stand among others, and what is free between those stays with the process.
    public static final long ARENA_BLOCK_BYTES = (128 << 10) - 16;

    private RocksMemory() {}
}
