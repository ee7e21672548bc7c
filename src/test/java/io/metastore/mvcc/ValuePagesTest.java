package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.Cursor;
import io.metastore.engine.EngineKind;
import io.metastore.engine.NotInMemory;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Values are fetched from `log` many at a time, and no more of them than the answer needs.
@ParameterizedClass
@EnumSource(
        value = EngineKind.class,
        names = {"ROCKSDB", "MEMORY"})
class ValuePagesTest {
    private static final RangeQuery.Order BY_VALUE =
            new RangeQuery.Order(RangeQuery.Direction.DESCEND, RangeQuery.Target.VALUE);
    private static final RangeQuery.Order BY_MOD =
            new RangeQuery.Order(RangeQuery.Direction.DESCEND, RangeQuery.Target.MOD);

    @Parameter
    private EngineKind kind;

    private StoreFolder folder;
    private MvccStore store;
    private final List<KeyValue> expected = new ArrayList<>();

    @BeforeEach
    void open(@TempDir Path parent) {
        folder = new StoreFolder(parent, kind);
        store = new MvccStore(folder.open());
    }

    @AfterEach
    void close() {
        store.close();
        folder.close();
    }

    /// Notes how many rows of `log` each call asks for.
    private static final class NotedReads implements Reads {
        private final Reads reads;
        private final List<Integer> pages = new ArrayList<>();
        private final List<Long> bytes = new ArrayList<>();

        private NotedReads(Reads reads) {
            this.reads = reads;
        }

        @Override
        public byte[] get(Table table, byte[] key) {
            assertFalse(table == Table.LOG, "a row of the history is looked up alone");
            return reads.get(table, key);
        }

        @Override
        public byte[][] getAll(Table table, byte[][] keys) {
            byte[][] rows = reads.getAll(table, keys);
            if (table == Table.LOG) {
                pages.add(keys.length);
                long sum = 0;
                for (byte[] row : rows) {
                    sum += row.length;
                }
                bytes.add(sum);
            }
            return rows;
        }

        @Override
        public Cursor cursor(Table table, byte[] from, byte[] to) {
            assertFalse(table == Table.LOG, "the history is walked");
            return reads.cursor(table, from, to);
        }
    }

    private record Answer(RangeResult result, NotedReads reads) {}

    private Answer read(RangeQuery query, Allowance allowance) throws RevisionUnavailable {
        try (View view = store.view()) {
            NotedReads noted = new NotedReads(view.reads());
            return new Answer(new RangeRead(view, noted, allowance).answer(query), noted);
        }
    }

    private static RangeQuery query(long limit, long revision, RangeQuery.Detail detail, RangeQuery.Order order) {
        return new RangeQuery(KeyRange.ALL, revision, limit, detail, order, RangeQuery.Filter.NONE);
    }

    private static RangeQuery all(long limit, long revision) {
        return query(limit, revision, RangeQuery.Detail.FULL, RangeQuery.Order.NONE);
    }

    private static Bytes key(int number) {
        return Bytes.utf8("k%05d".formatted(number));
    }

    /// Puts `count` keys, in an order that is not theirs, each in a request of its own.
    private void fill(int count, int valueBytes, long lease) {
        int before = (int) store.state().revision();
        Chunk chunk = store.begin();
        List<KeyValue> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Bytes key = key(i * 7919 % count);
            Bytes value = valueBytes == 0
                    ? Bytes.EMPTY
                    : Bytes.utf8(("v" + i).repeat(valueBytes).substring(0, valueBytes));
            chunk.startRequest();
            chunk.put(key, value, lease);
            chunk.endRequest();
            pairs.add(new KeyValue(key, value, before + i + 1, before + i + 1, 1, lease));
        }
        store.commit(chunk, store.state().appliedIndex() + 1, 1);
        pairs.sort(Comparator.comparing(KeyValue::key));
        expected.clear();
        expected.addAll(pairs);
    }

    private void overwrite(int count) {
        Chunk chunk = store.begin();
        for (int i = 0; i < count; i++) {
            chunk.startRequest();
            if (i % 3 == 0) {
                chunk.delete(key(i));
            } else {
                chunk.put(key(i), Bytes.utf8("another value"), 0);
            }
            chunk.endRequest();
        }
        store.commit(chunk, store.state().appliedIndex() + 1, 1);
    }

    @ParameterizedTest
    @CsvSource({"1, '[1]'", "100, '[100]'", "101, '[100, 1]'", "200, '[100, 100]'", "201, '[100, 100, 1]'"})
    void aRangeIsFetchedInPages(int keys, String pages) throws RevisionUnavailable {
        fill(keys, 20, 3);
        Answer answer = read(all(0, 0), Allowance.unlimited());
        assertEquals(expected, answer.result().keyValues());
        assertFalse(answer.result().more());
        assertEquals(pages, answer.reads().pages.toString());
    }

    @ParameterizedTest
    @CsvSource({"1, '[1]'", "99, '[99]'", "100, '[100]'", "101, '[100, 1]'", "249, '[100, 100, 49]'"})
    void nothingBehindTheLimitIsFetched(int limit, String pages) throws RevisionUnavailable {
        fill(250, 20, 0);
        Answer answer = read(all(limit, 0), Allowance.unlimited());
        assertEquals(expected.subList(0, limit), answer.result().keyValues());
        assertTrue(answer.result().more());
        assertEquals(250, answer.result().count());
        assertEquals(pages, answer.reads().pages.toString());
        Answer whole = read(all(250, 0), Allowance.unlimited());
        assertEquals(expected, whole.result().keyValues());
        assertFalse(whole.result().more());
    }

    @ParameterizedTest
    @CsvSource({"1, '[1]'", "100, '[100]'", "101, '[100, 1]'", "250, '[100, 100, 50]'"})
    void oldRevisionsAreFetchedInPages(int keys, String pages) throws RevisionUnavailable {
        fill(keys, 20, 3);
        long then = store.state().revision();
        overwrite(keys);
        Answer answer = read(all(0, then), Allowance.unlimited());
        assertEquals(expected, answer.result().keyValues());
        assertEquals(keys, answer.result().count());
        assertEquals(pages, answer.reads().pages.toString());
        Answer limited = read(all(1, then), Allowance.unlimited());
        assertEquals(expected.subList(0, 1), limited.result().keyValues());
        assertEquals("[1]", limited.reads().pages.toString());
    }

    /// The lease of a superseded version is found with its value, also where that has no bytes.
    @Test
    void valuesOfNoBytes() throws RevisionUnavailable {
        fill(150, 0, 3);
        long then = store.state().revision();
        Answer newest = read(all(0, 0), Allowance.unlimited());
        assertEquals(expected, newest.result().keyValues());
        assertEquals("[]", newest.reads().pages.toString());
        overwrite(150);
        Answer old = read(all(0, then), Allowance.unlimited());
        assertEquals(expected, old.result().keyValues());
        assertEquals("[100, 50]", old.reads().pages.toString());
    }

    @Test
    void keysAndCountsNeedNoValues() throws RevisionUnavailable {
        fill(150, 20, 3);
        long then = store.state().revision();
        overwrite(150);
        for (long revision : new long[] {0, then}) {
            Answer count = read(
                    query(0, revision, RangeQuery.Detail.COUNT_ONLY, RangeQuery.Order.NONE), Allowance.unlimited());
            assertEquals(revision == 0 ? 100 : 150, count.result().count());
            assertEquals(List.of(), count.reads().pages);
            Answer keys =
                    read(query(0, revision, RangeQuery.Detail.KEYS_ONLY, RangeQuery.Order.NONE), Allowance.unlimited());
            assertEquals(List.of(), keys.reads().pages);
            if (revision == then) {
                assertEquals(
                        expected.stream()
                                .map(kv -> new KeyValue(
                                        kv.key(), Bytes.EMPTY, kv.createRevision(), kv.modRevision(), kv.version(), 0))
                                .toList(),
                        keys.result().keyValues());
            }
        }
        // Sorted by values, keys need them all.
        Answer sorted = read(query(1, 0, RangeQuery.Detail.KEYS_ONLY, BY_VALUE), Allowance.unlimited());
        assertEquals("[100]", sorted.reads().pages.toString());
        assertTrue(sorted.result().keyValues().getFirst().value().isEmpty());
    }

    @Test
    void aSortedReadFetchesWhatTheLimitLeaves() throws RevisionUnavailable {
        fill(250, 20, 3);
        List<KeyValue> newestFirst = expected.stream()
                .sorted(Comparator.comparing(KeyValue::modRevision).reversed())
                .toList();
        for (int limit : new int[] {1, 100, 101}) {
            Answer answer = read(query(limit, 0, RangeQuery.Detail.FULL, BY_MOD), Allowance.unlimited());
            assertEquals(newestFirst.subList(0, limit), answer.result().keyValues());
            assertTrue(answer.result().more());
            assertEquals(
                    limit,
                    answer.reads().pages.stream().mapToInt(Integer::intValue).sum());
        }
        Answer whole = read(query(0, 0, RangeQuery.Detail.FULL, BY_MOD), Allowance.unlimited());
        assertEquals(newestFirst, whole.result().keyValues());
        Answer all = read(query(250, 0, RangeQuery.Detail.FULL, BY_MOD), Allowance.unlimited());
        assertEquals(newestFirst, all.result().keyValues());
        assertFalse(all.result().more());
    }

    @Test
    void aPageOfLargeValuesHasFewerRows() throws RevisionUnavailable {
        fill(30, 100_000, 0);
        for (boolean old : new boolean[] {false, true}) {
            long then = store.state().revision();
            if (old) {
                overwrite(30);
            }
            Answer answer = read(all(0, old ? then : 0), Allowance.unlimited());
            assertEquals(expected, answer.result().keyValues());
            assertEquals("[11, 11, 8]", answer.reads().pages.toString());
            answer.reads().bytes.forEach(bytes -> assertTrue(bytes < ValuePage.BYTES + 110_000, "page of " + bytes));
        }
    }

    /// Grants so many bytes, and does then what it is told to.
    private static final class Granted extends Allowance {
        private final boolean keeps;
        private final RuntimeException refusal;

        private Granted(long granted, boolean keeps, RuntimeException refusal) {
            super(granted);
            this.keeps = keeps;
            this.refusal = refusal;
        }

        @Override
        protected boolean keeps() {
            return keeps;
        }

        @Override
        protected boolean grow(LongSupplier expected) {
            if (refusal != null) {
                throw refusal;
            }
            return false;
        }
    }

    /// The pair with which the allowance is used up is the last, wherever in a page it stands; the next is not
    /// fetched.
    @ParameterizedTest
    @CsvSource({"0, '[1]'", "20, '[21]'", "98, '[99]'", "99, '[100]'", "100, '[100, 1]'", "130, '[100, 31]'"})
    void anAllowanceCutsAPage(int pairs, String pages) throws RevisionUnavailable {
        fill(250, 20, 3);
        long pair = Allowance.PAIR_BYTES + 6 + 20;
        long then = store.state().revision();
        Answer newest = read(all(0, 0), new Granted(pairs * pair, true, null));
        overwrite(250);
        Answer old = read(all(0, then), new Granted(pairs * pair, true, null));
        for (Answer answer : List.of(newest, old)) {
            assertEquals(expected.subList(0, pairs + 1), answer.result().keyValues());
            assertTrue(answer.result().more());
            assertEquals(250, answer.result().count());
            assertEquals(pages, answer.reads().pages.toString());
        }
    }

    @Test
    void whatIsOnlyMeasuredOrRefusedIsNotFetched() throws RevisionUnavailable {
        fill(250, 20, 3);
        Granted measuring = new Granted(Long.MAX_VALUE, false, null);
        Answer answer = read(all(0, 0), measuring);
        assertEquals(List.of(), answer.reads().pages);
        assertEquals(250 * (Allowance.PAIR_BYTES + 6 + 20), measuring.gathered());
        try (View view = store.view()) {
            NotedReads noted = new NotedReads(view.reads());
            RangeRead read = new RangeRead(view, noted, new Granted(50 * 300, true, new IllegalStateException("no")));
            assertThrows(IllegalStateException.class, () -> read.answer(all(0, 0)));
            assertEquals(List.of(), noted.pages);
        }
    }

    /// Rows of keys lie in memory, those of the history do not: a page of these says so. The memory engine has them
    /// all.
    @Test
    void aPageThatIsNotInMemoryIsNotWaitedFor() throws RevisionUnavailable {
        fill(150, 1_000, 3);
        store.close();
        folder.reopen();
        store = new MvccStore(folder.open());
        try (View view = store.view()) {
            RangeQuery keys = query(0, 0, RangeQuery.Detail.KEYS_ONLY, RangeQuery.Order.NONE);
            RangeQuery single = RangeQuery.all(KeyRange.single(key(7)));
            assertEquals(150, view.range(keys).keyValues().size());
            assertEquals(
                    150,
                    view.rangeInMemory(keys, Allowance.unlimited()).keyValues().size());
            for (RangeQuery query : List.of(single, all(2, 0), all(0, 0))) {
                if (kind != EngineKind.ROCKSDB) {
                    assertEquals(
                            view.range(query).keyValues(),
                            view.rangeInMemory(query, Allowance.unlimited()).keyValues());
                    continue;
                }
                assertThrows(
                        NotInMemory.class, () -> view.rangeInMemory(query, Allowance.unlimited()), query::toString);
            }
            assertEquals(expected, view.range(all(0, 0)).keyValues());
            assertEquals(
                    expected,
                    view.rangeInMemory(all(0, 0), Allowance.unlimited()).keyValues());
            assertEquals(
                    expected.subList(7, 8),
                    view.rangeInMemory(single, Allowance.unlimited()).keyValues());
        }
    }

    /// A transaction reads what it has written together with what lies below.
    @Test
    void aTransactionReadsItsOwnPairsBetweenOthers() throws RevisionUnavailable {
        fill(250, 20, 3);
        Chunk chunk = store.begin();
        chunk.startRequest();
        for (int i = 0; i < 250; i += 5) {
            chunk.put(key(i), Bytes.utf8("mine"), 0);
        }
        RangeResult result = chunk.range(all(150, 0));
        assertEquals(150, result.keyValues().size());
        assertTrue(result.more());
        IntStream.range(0, 150).forEach(i -> {
            KeyValue kv = result.keyValues().get(i);
            assertEquals(key(i), kv.key());
            assertEquals(i % 5 == 0 ? Bytes.utf8("mine") : expected.get(i).value(), kv.value());
        });
        chunk.endRequest();
        store.commit(chunk, store.state().appliedIndex() + 1, 1);
    }

    /// Ended within a page, a delete has deleted what it has told of and nothing else.
    @Test
    void aDeleteWithValuesEndsWithinAPage() throws RevisionUnavailable {
        fill(250, 20, 3);
        Chunk chunk = store.begin();
        chunk.startRequest();
        List<KeyValue> told = new ArrayList<>();
        KeyRange left = chunk.delete(KeyRange.ALL, true, told::add, () -> told.size() == 130);
        assertEquals(KeyRange.ALL.behind(key(129)), left);
        assertEquals(expected.subList(0, 130), told);
        assertEquals(120, chunk.range(all(0, 0)).count());
        assertNull(chunk.delete(left, true, told::add, () -> false));
        assertEquals(expected, told);
        chunk.endRequest();
        store.commit(chunk, store.state().appliedIndex() + 1, 1);
        assertEquals(0, read(all(0, 0), Allowance.unlimited()).result().count());
    }

    @Test
    void aCompareOfValuesAsksForAllUntilTheFirstThatDoesNotMatch() {
        fill(250, 20, 3);
        try (View view = store.view()) {
            List<KeyValue> asked = new ArrayList<>();
            assertTrue(view.allMatch(KeyRange.ALL, true, asked::add, false));
            assertEquals(expected, asked);
            asked.clear();
            assertFalse(view.allMatch(KeyRange.ALL, true, pair -> asked.add(pair) && asked.size() < 101, true));
            assertEquals(expected.subList(0, 101), asked);
        }
    }
}
