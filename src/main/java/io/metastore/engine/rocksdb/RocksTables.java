package io.metastore.engine.rocksdb;

import io.metastore.engine.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;

/// How each table is kept in files: one block cache for all, and merging as the table's writes ask for.
final class RocksTables implements AutoCloseable {
    /// RocksDB rewrites a file whose rows nothing lies beneath as soon as no snapshot needs it as it is. Every
    /// file of the history would be written twice; most are collected before a day has passed.
    private static final long UNTOUCHED_SECONDS = TimeUnit.DAYS.toSeconds(1);

    /// Memory for rows that are not in a file yet is taken in pieces of this many bytes.
    ///
    /// With malloc's own 16 bytes a piece is just as large as what malloc gets from the system directly, and gives
    /// back as soon as the rows are in a file: `bin/metastore` sets MALLOC_MMAP_THRESHOLD_ so. Smaller pieces
    /// would stand among others, and what is free between those stays with the process.
    private static final long ARENA_BLOCK_BYTES = (128 << 10) - 16;

    private final RocksSettings settings;
    private final Cache cache;
    private final BloomFilter filter = new BloomFilter(10);
    private final List<ColumnFamilyOptions> options = new ArrayList<>();

    RocksTables(RocksSettings settings) {
        this.settings = settings;
        cache = new LRUCache(settings.blockCacheBytes());
    }

    /// What [RocksDB#open] wants to know, in the order of [Table].
    List<ColumnFamilyDescriptor> descriptors() {
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (Table table : Table.values()) {
            ColumnFamilyOptions family = options(table);
            options.add(family);
            descriptors.add(new ColumnFamilyDescriptor(name(table), family));
        }
        return descriptors;
    }

    private static byte[] name(Table table) {
        return table == Table.META
                ? RocksDB.DEFAULT_COLUMN_FAMILY
                : table.name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
    }

    private ColumnFamilyOptions options(Table table) {
        return switch (table) {
            // Rows of different ages never mix: the bounds of a file say as much as a filter would.
            case LOG -> levelled(new BlockBasedTableConfig());
            // Grows by small rows all over and is seldom read: files of like size are merged with each other,
            // instead of every few with all that is there.
            case VERSIONS ->
                family(new BlockBasedTableConfig().setFilterPolicy(filter))
                        .setCompactionStyle(CompactionStyle.UNIVERSAL)
                        .setLevelZeroFileNumCompactionTrigger(16);
            // Most keys that are looked up do not lie in the memtable, and a filter says so for less than a search.
            case KEYS ->
                levelled(lookedUp()).setMemtablePrefixBloomSizeRatio(0.02).setMemtableWholeKeyFiltering(true);
            case META, COUNTS, LEASES, LEASE_KEYS, AUTH, MEMBERS, ALARMS -> levelled(lookedUp());
        };
    }

    /// For lookups of whole keys, by the apply loop.
    private BlockBasedTableConfig lookedUp() {
        return new BlockBasedTableConfig()
                .setFilterPolicy(filter)
                .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                .setDataBlockHashTableUtilRatio(0.75);
    }

    private ColumnFamilyOptions levelled(BlockBasedTableConfig blocks) {
        ColumnFamilyOptions family =
                family(blocks).setLevelCompactionDynamicLevelBytes(true).setLevel0FileNumCompactionTrigger(8);
        long level = settings.levelBytes();
        return level == RocksSettings.LEVEL_BYTES
                ? family
                : family.setMaxBytesForLevelBase(level)
                        .setTargetFileSizeBase(level / 4)
                        .setMaxCompactionBytes(level);
    }

    private ColumnFamilyOptions family(BlockBasedTableConfig blocks) {
        blocks.setBlockCache(cache)
                .setFormatVersion(5)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setBlockSize(8 << 10);
        return withoutSetter()
                .setTableFormatConfig(blocks)
                // All tables share few megabytes of memory, so what leaves it makes small files: more of them may wait
                // to be merged than RocksDB would have by itself.
                .setLevel0SlowdownWritesTrigger(40)
                .setLevel0StopWritesTrigger(60)
                .setWriteBufferSize(settings.memtableBytes())
                .setArenaBlockSize(ARENA_BLOCK_BYTES)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setCompressionPerLevel(List.of(
                        CompressionType.NO_COMPRESSION,
                        CompressionType.NO_COMPRESSION,
                        CompressionType.LZ4_COMPRESSION,
                        CompressionType.LZ4_COMPRESSION,
                        CompressionType.LZ4_COMPRESSION,
                        CompressionType.LZ4_COMPRESSION,
                        CompressionType.LZ4_COMPRESSION));
    }

    /// Options of RocksDB that its Java interface knows by name only.
    private static ColumnFamilyOptions withoutSetter() {
        Properties named = new Properties();
        named.setProperty("bottommost_file_compaction_delay", Long.toString(UNTOUCHED_SECONDS));
        ColumnFamilyOptions family = ColumnFamilyOptions.getColumnFamilyOptionsFromProps(named);
        if (family == null) {
            throw new IllegalStateException("this RocksDB does not know " + named.keySet());
        }
        return family;
    }

    @Override
    public void close() {
        options.forEach(ColumnFamilyOptions::close);
        filter.close();
        cache.close();
    }
}
