package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.EngineKind;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(EngineKind.class)
class MvccStoreTest {
    @Parameter
    private EngineKind kind;

    @TempDir
    private Path parent;

    private final Random random = new Random(9);
    private final TreeSet<Bytes> live = new TreeSet<>();

    /// Counts are stored now and then: a start catches up from the history since, splitting runs as they
    /// have grown.
    @Test
    void countsCatchUpAfterACrash() throws IOException, RevisionUnavailable {
        try (StoreFolder folder = new StoreFolder(parent, kind)) {
            MvccStore store = new MvccStore(folder.open());
            for (int round = 0; round < 8; round++) {
                for (int chunk = 0; chunk < 5; chunk++) {
                    write(store, 400, round < 6 ? 15 : 70);
                }
                if (round % 3 == 0) {
                    store.storeCounts();
                }
                for (int chunk = 0; chunk < 3; chunk++) {
                    write(store, 400, 30);
                }
                checkCounts(store);
                folder.engine().flush();
                Path copy = folder.copyUnflushed();
                store.close();
                folder.abandonFor(copy);
                store = new MvccStore(folder.open());
                checkCounts(store);
            }
            store.close();
        }
    }

    /// A view that was taken before counts its own keys, also where the recent changes no longer reach back.
    @Test
    void countsAtOldRevisionsAreThoseOfTheTime() throws RevisionUnavailable {
        try (StoreFolder folder = new StoreFolder(parent, kind)) {
            MvccStore store = new MvccStore(folder.open());
            write(store, 500, 0);
            long then = store.state().revision();
            TreeSet<Bytes> at = new TreeSet<>(live);
            for (int chunk = 0; chunk < 5; chunk++) {
                write(store, 300, 40);
            }
            for (int reopened = 0; reopened < 2; reopened++) {
                try (View view = store.view()) {
                    for (int i = 0; i < 50; i++) {
                        KeyRange range = range();
                        RangeQuery query = new RangeQuery(
                                range,
                                then,
                                0,
                                RangeQuery.Detail.COUNT_ONLY,
                                RangeQuery.Order.NONE,
                                RangeQuery.Filter.NONE);
                        assertEquals(count(at, range), view.range(query).count());
                    }
                }
                store.close();
                folder.reopen();
                store = new MvccStore(folder.open());
            }
            store.close();
        }
    }

    /// Whatever is published once more while chunks are committed: a view's revision and its rows belong together.
    @Test
    void republishingNeverMixesStates() throws Exception {
        try (StoreFolder folder = new StoreFolder(parent, kind);
                ExecutorService others = Executors.newFixedThreadPool(2)) {
            MvccStore store = new MvccStore(folder.open());
            AtomicBoolean done = new AtomicBoolean();
            Future<?> republishing = others.submit(() -> {
                while (!done.get()) {
                    store.republish();
                }
            });
            Future<Long> reading = others.submit(() -> {
                long seen = 0;
                do {
                    seen = Math.max(seen, modRevisionIsTheViews(store));
                } while (!done.get());
                return seen;
            });
            try {
                for (int i = 0; i < 3_000; i++) {
                    Chunk chunk = store.begin();
                    chunk.startRequest();
                    chunk.put(Bytes.utf8("key"), Bytes.utf8("value " + i), 0);
                    chunk.endRequest();
                    store.commit(chunk, i + 1, 1);
                    assertEquals(i + 2, modRevisionIsTheViews(store));
                }
            } finally {
                done.set(true);
            }
            republishing.get();
            assertTrue(reading.get() > 2);
            assertEquals(0, store.openViews());
            store.close();
        }
    }

    /// Whoever reads while an entry is half written sees the state before it, whatever is published meanwhile: a delete
    /// of
    /// a range shows nothing of itself before it shows all.
    @Test
    void readersSeeNothingOfAnEntryThatIsHalfWritten() throws RevisionUnavailable {
        try (StoreFolder folder = new StoreFolder(parent, kind)) {
            MvccStore store = new MvccStore(folder.open());
            write(store, 300, 0);
            long before = store.state().revision();
            int keys = live.size();
            KeyRange all = new KeyRange(Bytes.wrap(new byte[] {0}), null);
            AtomicInteger deleted = new AtomicInteger();

            Chunk chunk = store.begin();
            chunk.startRequest();
            KeyRange rest = all;
            int spills = 0;
            while (rest != null) {
                rest = chunk.delete(rest, true, _ -> deleted.incrementAndGet(), () -> deleted.get() % 50 == 0);
                store.spill(chunk, store.state(), new byte[] {1});
                spills++;
                // What the collection of garbage does after each step, and whoever keeps counts.
                store.republish();
                store.storeCounts();
                store.republish();
                try (View view = store.view()) {
                    assertEquals(before, view.revision());
                    assertEquals(keys, view.keys());
                    assertEquals(
                            keys, view.range(RangeQuery.all(all)).keyValues().size());
                }
            }
            chunk.endRequest();
            assertTrue(spills > 3);
            store.commit(chunk, store.state().appliedIndex() + 1, 1);

            store.republish();
            try (View view = store.view()) {
                assertEquals(before + 1, view.revision());
                assertEquals(0, view.keys());
                assertEquals(0, view.range(RangeQuery.all(all)).count());
            }
            store.close();
        }
    }

    private static long modRevisionIsTheViews(MvccStore store) throws RevisionUnavailable {
        try (View view = store.view()) {
            if (view.revision() > 1) {
                RangeResult result = view.range(RangeQuery.all(KeyRange.single(Bytes.utf8("key"))));
                assertEquals(view.revision(), result.keyValues().getFirst().modRevision());
            }
            return view.revision();
        }
    }

    private void write(MvccStore store, int size, int deletesOfHundred) {
        Chunk chunk = store.begin();
        for (int i = 0; i < size; i++) {
            chunk.startRequest();
            Bytes key = key();
            if (random.nextInt(100) < deletesOfHundred && !live.isEmpty()) {
                Bytes near = live.ceiling(key) != null ? live.ceiling(key) : live.first();
                chunk.delete(near);
                live.remove(near);
            } else {
                chunk.put(key, Bytes.EMPTY, 0);
                live.add(key);
            }
            chunk.endRequest();
        }
        store.commit(chunk, store.state().appliedIndex() + 1, 1);
    }

    private void checkCounts(MvccStore store) throws RevisionUnavailable {
        try (View view = store.view()) {
            assertEquals(live.size(), view.keys());
            for (int i = 0; i < 40; i++) {
                KeyRange range = range();
                RangeQuery query = new RangeQuery(
                        range, 0, 0, RangeQuery.Detail.COUNT_ONLY, RangeQuery.Order.NONE, RangeQuery.Filter.NONE);
                assertEquals(count(live, range), view.range(query).count(), range::toString);
            }
        }
    }

    private static long count(TreeSet<Bytes> keys, KeyRange range) {
        return keys.stream().filter(range::contains).count();
    }

    private KeyRange range() {
        return random.nextInt(5) == 0 ? new KeyRange(key(), null) : new KeyRange(key(), key());
    }

    private Bytes key() {
        byte[] key = new byte[2];
        random.nextBytes(key);
        return Bytes.wrap(key);
    }
}
