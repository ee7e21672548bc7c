package io.metastore.engine.rocksdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.RowValue;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Batches follow each other in one buffer.
class RocksEngineBatchTest {
    @TempDir
    Path folder;

    private RocksEngine engine;

    @BeforeEach
    void open() {
        engine = new RocksEngine(folder.resolve("state"), new RocksSettings(8 << 20, 8 << 20));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] random(int seed, int length) {
        byte[] value = new byte[length];
        new Random(seed).nextBytes(value);
        return value;
    }

    private byte[] read(String key) {
        try (Snapshot snapshot = engine.snapshot()) {
            return snapshot.get(Table.KEYS, bytes(key));
        }
    }

    @Test
    void aSmallBatchBehindALargeOneHoldsItsOwnRowsAlone() {
        WriteBatch large = engine.newBatch();
        for (int i = 0; i < 500; i++) {
            large.put(Table.KEYS, bytes("key" + i), random(i, 300));
        }
        engine.write(large);
        WriteBatch removal = engine.newBatch();
        removal.delete(Table.KEYS, bytes("key7"));
        engine.write(removal);
        WriteBatch small = engine.newBatch();
        assertTrue(small.bytes() < 100, "a batch begins with what the one before held");
        small.put(Table.KEYS, bytes("key8"), bytes("other"));
        engine.write(small);
        assertNull(read("key7"));
        assertArrayEquals(bytes("other"), read("key8"));
        assertArrayEquals(random(9, 300), read("key9"));
        assertArrayEquals(random(499, 300), read("key499"));
    }

    @Test
    void batchesBuiltSideBySideDoNotMix() {
        engine.write(row("first", "1"));
        WriteBatch one = engine.newBatch();
        WriteBatch other = engine.newBatch();
        one.put(Table.KEYS, bytes("a"), bytes("of one"));
        other.put(Table.KEYS, bytes("b"), bytes("of the other"));
        engine.write(one);
        WriteBatch third = row("c", "of the third");
        engine.write(other);
        engine.write(third);
        assertArrayEquals(bytes("of one"), read("a"));
        assertArrayEquals(bytes("of the other"), read("b"));
        assertArrayEquals(bytes("of the third"), read("c"));
    }

    private WriteBatch row(String key, String value) {
        WriteBatch batch = engine.newBatch();
        batch.put(Table.KEYS, bytes(key), bytes(value));
        return batch;
    }

    @Test
    void aWrittenBatchTakesNoMoreRows() {
        WriteBatch batch = row("key", "value");
        engine.write(batch);
        assertThrows(IllegalStateException.class, () -> batch.put(Table.KEYS, bytes("key"), bytes("late")));
        assertThrows(IllegalStateException.class, () -> batch.delete(Table.KEYS, bytes("key")));
        engine.write(row("another", "value"));
        assertArrayEquals(bytes("value"), read("key"));
    }

    /// Each length of a value's length, and buffers that have to grow for it.
    @Test
    void aValueThatWritesItselfIsTheSameRow() {
        for (int length : new int[] {0, 1, 127, 128, 16_383, 16_384, 70_000}) {
            byte[] value = random(length, length);
            WriteBatch batch = engine.newBatch();
            batch.put(Table.KEYS, bytes("before"), value);
            batch.put(Table.KEYS, bytes("itself"), new RowValue() {
                @Override
                public int size() {
                    return value.length;
                }

                @Override
                public void write(byte[] target, int offset) {
                    System.arraycopy(value, 0, target, offset, value.length);
                }
            });
            batch.put(Table.KEYS, bytes("behind"), value);
            engine.write(batch);
            assertArrayEquals(value, read("before"));
            assertArrayEquals(value, read("itself"));
            assertArrayEquals(value, read("behind"));
        }
    }

    /// Its buffer is too large to be kept.
    @Test
    void aHugeBatchIsWrittenLikeAnyOther() {
        WriteBatch huge = engine.newBatch();
        huge.put(Table.KEYS, bytes("huge"), random(1, 3 << 20));
        engine.write(huge);
        engine.write(row("small", "value"));
        assertArrayEquals(random(1, 3 << 20), read("huge"));
        assertArrayEquals(bytes("value"), read("small"));
    }
}
