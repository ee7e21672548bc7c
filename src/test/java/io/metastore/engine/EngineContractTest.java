package io.metastore.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// What [Engine] promises, on every engine.
@ParameterizedClass
@EnumSource(EngineKind.class)
class EngineContractTest {
    private static final byte[] BEGIN = new byte[0];

    @Parameter
    private EngineKind kind;

    @TempDir
    private Path parent;

    private Engine engine;

    @BeforeEach
    void open() {
        engine = kind.open(parent.resolve("state"));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void laterChangesOfABatchWin() {
        WriteBatch batch = engine.newBatch();
        batch.put(Table.KEYS, bytes("a"), bytes("1"));
        batch.put(Table.KEYS, bytes("a"), bytes("2"));
        batch.put(Table.KEYS, bytes("b"), bytes("1"));
        batch.delete(Table.KEYS, bytes("b"));
        batch.delete(Table.KEYS, bytes("c"));
        batch.put(Table.KEYS, bytes("c"), bytes(""));
        batch.put(Table.LOG, bytes("a"), bytes("of another table"));
        assertTrue(batch.bytes() > 20);
        engine.write(batch);
        try (Snapshot snapshot = engine.snapshot()) {
            assertEquals(Map.of("a", "2", "c", ""), texts(snapshot, Table.KEYS));
            assertEquals(Map.of("a", "of another table"), texts(snapshot, Table.LOG));
            assertEquals(Map.of(), texts(snapshot, Table.VERSIONS));
        }
        assertThrows(IllegalStateException.class, () -> batch.put(Table.KEYS, bytes("d"), bytes("")));
    }

    @Test
    void theBeginningOfAValueIsReadAlone() {
        WriteBatch batch = engine.newBatch();
        batch.put(Table.LOG, bytes("a"), bytes("value"));
        batch.put(Table.LOG, bytes("b"), bytes(""));
        engine.write(batch);
        try (Snapshot snapshot = engine.snapshot();
                Cursor cursor = snapshot.cursor(Table.LOG, BEGIN, null)) {
            assertTrue(cursor.next());
            assertEquals("", text(cursor.value(0)));
            assertEquals("valu", text(cursor.value(4)));
            assertEquals("value", text(cursor.value(5)));
            assertEquals("value", text(cursor.value(192)));
            assertTrue(cursor.next());
            assertEquals("", text(cursor.value(192)));
        }
    }

    @Test
    void nothingIsSeenOfABatchBeforeItIsWritten() {
        WriteBatch batch = engine.newBatch();
        batch.put(Table.META, bytes("a"), bytes("1"));
        try (Snapshot before = engine.snapshot()) {
            assertNull(before.get(Table.META, bytes("a")));
            engine.write(batch);
            assertNull(before.get(Table.META, bytes("a")));
            assertFalse(before.cursor(Table.META, BEGIN, null).next());
        }
        try (Snapshot after = engine.snapshot()) {
            assertEquals("1", text(after.get(Table.META, bytes("a"))));
            assertEquals("1", text(after.inMemory().get(Table.META, bytes("a"))));
        }
    }

    /// Keys are ordered as unsigned bytes, a prefix before what it begins.
    @Test
    void cursorsKeepToTheirBounds() {
        byte[][] keys = {{}, {0}, {0, 0}, {1}, {1, (byte) 0x80}, {0x7f}, {(byte) 0x80}, {(byte) 0xff}, {(byte) 0xff, 0}
        };
        WriteBatch batch = engine.newBatch();
        for (int i = keys.length - 1; i >= 0; i--) {
            batch.put(Table.KEYS, keys[i], new byte[] {(byte) i});
        }
        engine.write(batch);
        try (Snapshot snapshot = engine.snapshot()) {
            for (int from = 0; from < keys.length; from++) {
                for (int to = 0; to <= keys.length; to++) {
                    List<Integer> found = new ArrayList<>();
                    byte[] end = to == keys.length ? null : keys[to];
                    try (Cursor cursor = snapshot.cursor(Table.KEYS, keys[from], end)) {
                        while (cursor.next()) {
                            assertArrayEquals(keys[cursor.value()[0]], cursor.key());
                            found.add((int) cursor.value()[0]);
                        }
                        assertFalse(cursor.next(), "a cursor at its end stays there");
                    }
                    List<Integer> expected = new ArrayList<>();
                    for (int i = from; i < to; i++) {
                        expected.add(i);
                    }
                    assertEquals(expected, found);
                }
            }
        }
    }

    /// Random batches beside a map for each table; some snapshots are kept and must stay as they were.
    @Test
    void randomBatchesEndAsAMapSays() {
        long seed = Long.getLong("seed", new Random().nextLong(1_000_000));
        Random random = new Random(seed);
        Map<Table, NavigableMap<byte[], byte[]>> model = model();
        Deque<Kept> kept = new ArrayDeque<>();
        for (int round = 0; round < 300; round++) {
            // Now and then most of it goes, so that trees become lower again.
            int deletesOfTen = round % 60 < 40 ? 2 : 8;
            WriteBatch batch = engine.newBatch();
            for (int i = random.nextInt(200); i >= 0; i--) {
                Table table = random.nextBoolean() ? Table.KEYS : Table.values()[random.nextInt(Table.values().length)];
                NavigableMap<byte[], byte[]> rows = model.get(table);
                if (random.nextInt(10) < deletesOfTen) {
                    byte[] key = key(random);
                    byte[] near = rows.ceilingKey(key);
                    byte[] gone = near == null || random.nextInt(10) == 0 ? key : near;
                    batch.delete(table, gone);
                    rows.remove(gone);
                } else {
                    byte[] key = key(random);
                    byte[] value = new byte[random.nextInt(30)];
                    random.nextBytes(value);
                    batch.put(table, key, value);
                    rows.put(key, value);
                }
            }
            engine.write(batch);
            if (random.nextInt(10) == 0) {
                kept.add(new Kept(engine.snapshot(), copy(model)));
            }
            if (random.nextInt(10) == 0 || kept.size() > 5) {
                Kept oldest = kept.poll();
                if (oldest != null) {
                    check(oldest.snapshot(), oldest.rows(), random, "seed " + seed);
                    oldest.snapshot().close();
                }
            }
        }
        try (Snapshot last = engine.snapshot()) {
            check(last, model, random, "seed " + seed);
        }
        kept.forEach(old -> old.snapshot().close());
    }

    private record Kept(Snapshot snapshot, Map<Table, NavigableMap<byte[], byte[]>> rows) {}

    private static Map<Table, NavigableMap<byte[], byte[]>> model() {
        Map<Table, NavigableMap<byte[], byte[]>> model = new EnumMap<>(Table.class);
        for (Table table : Table.values()) {
            model.put(table, new TreeMap<>(Arrays::compareUnsigned));
        }
        return model;
    }

    private static Map<Table, NavigableMap<byte[], byte[]>> copy(Map<Table, NavigableMap<byte[], byte[]>> model) {
        Map<Table, NavigableMap<byte[], byte[]>> copy = new EnumMap<>(Table.class);
        model.forEach((table, rows) -> copy.put(table, new TreeMap<>(rows)));
        return copy;
    }

    private static void check(
            Snapshot snapshot, Map<Table, NavigableMap<byte[], byte[]>> model, Random random, String seed) {
        for (Table table : Table.values()) {
            NavigableMap<byte[], byte[]> rows = model.get(table);
            byte[][] keys = new byte[20][];
            Arrays.setAll(keys, _ -> key(random));
            byte[][] values = snapshot.getAll(table, keys);
            for (int i = 0; i < keys.length; i++) {
                assertArrayEquals(rows.get(keys[i]), values[i], seed);
                assertArrayEquals(rows.get(keys[i]), snapshot.get(table, keys[i]), seed);
            }
            for (int i = 0; i < 5; i++) {
                byte[] from = i == 0 ? BEGIN : key(random);
                byte[] to = i == 0 ? null : key(random);
                if (to != null && Arrays.compareUnsigned(from, to) > 0) {
                    continue;
                }
                NavigableMap<byte[], byte[]> expected =
                        to == null ? rows.tailMap(from, true) : rows.subMap(from, true, to, false);
                walk(snapshot, table, from, to, expected, random, seed);
            }
        }
    }

    /// Walks a range, skipping ahead now and then.
    private static void walk(
            Snapshot snapshot,
            Table table,
            byte[] from,
            byte[] to,
            NavigableMap<byte[], byte[]> expected,
            Random random,
            String seed) {
        try (Cursor cursor = snapshot.cursor(table, from, to)) {
            Map.Entry<byte[], byte[]> next = expected.firstEntry();
            while (next != null) {
                assertTrue(cursor.next(), seed);
                assertArrayEquals(next.getKey(), cursor.key(), seed);
                assertArrayEquals(next.getValue(), cursor.value(), seed);
                if (random.nextInt(20) == 0) {
                    byte[] skip = key(random);
                    byte[] target = Arrays.compareUnsigned(skip, next.getKey()) <= 0 ? next.getKey() : skip;
                    cursor.skipTo(target);
                    next = expected.ceilingEntry(target);
                } else {
                    next = expected.higherEntry(next.getKey());
                }
            }
            assertFalse(cursor.next(), seed);
        }
    }

    private static byte[] key(Random random) {
        byte[] key = new byte[random.nextInt(4)];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (random.nextInt(24) * 11);
        }
        return key;
    }

    /// A capture is the state at its time, whatever is written while it is held, and fills either engine.
    @Test
    void whatIsCapturedFillsEveryEngine() {
        Map<Table, NavigableMap<byte[], byte[]>> model = model();
        Random random = new Random(7);
        WriteBatch batch = engine.newBatch();
        for (int i = 0; i < 30_000; i++) {
            Table table = Table.values()[i % Table.values().length];
            byte[] key = bytes("key " + random.nextInt(1 << 20));
            byte[] value = new byte[random.nextInt(i % 1000 == 0 ? 400_000 : 40)];
            random.nextBytes(value);
            batch.put(table, key, value);
            model.get(table).put(key, value);
        }
        engine.write(batch);
        Path captured = parent.resolve("captured");
        try (Capture capture = engine.capture()) {
            WriteBatch later = engine.newBatch();
            later.put(Table.KEYS, bytes("later"), bytes("1"));
            model.get(Table.KEYS).keySet().stream().limit(100).forEach(key -> later.delete(Table.KEYS, key));
            engine.write(later);
            capture.writeTo(captured);
        }
        for (EngineKind other : EngineKind.values()) {
            try (Engine filled = other.open(parent.resolve("filled-" + other));
                    RowSource rows = EngineKind.rows(captured)) {
                filled.restore(rows);
                try (Snapshot snapshot = filled.snapshot()) {
                    check(snapshot, model, random, "from " + kind + " to " + other);
                }
            }
        }
    }

    @Test
    void whatWasFlushedIsThereAgain() {
        write("a", "1");
        engine.flush();
        write("b", "2");
        engine.close();
        engine = kind.open(parent.resolve("state"));
        assertTrue(engine.isDurable());
        try (Snapshot snapshot = engine.snapshot()) {
            assertEquals(Map.of("a", "1", "b", "2"), texts(snapshot, Table.KEYS));
        }
    }

    /// Rows that are always written together are always read together, across tables and shards, by readers that
    /// never wait.
    @Test
    void readersSeeAllOfABatchOrNothing() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        CountDownLatch bothSawSome = new CountDownLatch(2);
        try (ExecutorService readers = Executors.newFixedThreadPool(2)) {
            List<Future<?>> reading = new ArrayList<>();
            for (int reader = 0; reader < 2; reader++) {
                reading.add(readers.submit(() -> {
                    boolean sawSome = false;
                    while (!done.get()) {
                        try (Snapshot snapshot = engine.snapshot()) {
                            if (together(snapshot) > 0 && !sawSome) {
                                sawSome = true;
                                bothSawSome.countDown();
                            }
                        }
                    }
                }));
            }
            try {
                // At least so many, and then until the readers have had their turn on a busy machine.
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                for (int i = 1; i <= 3_000 || (bothSawSome.getCount() > 0 && System.nanoTime() < deadline); i++) {
                    WriteBatch batch = engine.newBatch();
                    for (int key = 0; key < 20; key++) {
                        batch.put(key % 2 == 0 ? Table.KEYS : Table.LOG, bytes("k" + key), bytes("" + i));
                    }
                    engine.write(batch);
                }
            } finally {
                done.set(true);
            }
            for (Future<?> reader : reading) {
                reader.get();
            }
            assertEquals(0, bothSawSome.getCount(), "a reader saw nothing");
        }
    }

    private static int together(Snapshot snapshot) {
        byte[] first = snapshot.get(Table.KEYS, bytes("k0"));
        for (int key = 0; key < 20; key++) {
            byte[] other = snapshot.get(key % 2 == 0 ? Table.KEYS : Table.LOG, bytes("k" + key));
            assertArrayEquals(first, other);
        }
        return first == null ? 0 : Integer.parseInt(text(first));
    }

    @Test
    void sizesFollowWhatIsWrittenAndDeleted() {
        long empty = engine.allocatedBytes();
        WriteBatch batch = engine.newBatch();
        for (int i = 0; i < 1_000; i++) {
            batch.put(Table.KEYS, bytes("key " + i), new byte[1000]);
        }
        engine.write(batch);
        assertTrue(engine.allocatedBytes() >= empty + 1_000_000, () -> engine.allocatedBytes() + " bytes");
        assertTrue(engine.liveBytes() <= engine.allocatedBytes());
        WriteBatch deletes = engine.newBatch();
        for (int i = 0; i < 1_000; i++) {
            deletes.delete(Table.KEYS, bytes("key " + i));
        }
        engine.write(deletes);
        List<Integer> steps = new ArrayList<>();
        engine.compact(() -> steps.add(1));
        assertFalse(steps.isEmpty());
        assertTrue(engine.allocatedBytes() < empty + 500_000, () -> engine.allocatedBytes() + " bytes");
        assertFalse(engine.gauges().isEmpty());
        engine.gauges().forEach(gauge -> assertTrue(gauge.value().getAsLong() >= 0, gauge.name()));
    }

    private void write(String key, String value) {
        WriteBatch batch = engine.newBatch();
        batch.put(Table.KEYS, bytes(key), bytes(value));
        engine.write(batch);
    }

    private static Map<String, String> texts(Reads reads, Table table) {
        Map<String, String> rows = new TreeMap<>();
        try (Cursor cursor = reads.cursor(table, BEGIN, null)) {
            while (cursor.next()) {
                rows.put(text(cursor.key()), text(cursor.value()));
            }
        }
        return rows;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
