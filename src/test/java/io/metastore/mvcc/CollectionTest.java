package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.EngineKind;
import io.metastore.engine.Table;
import io.metastore.value.KeyValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(EngineKind.class)
class CollectionTest {
    private static final long COMPACTED = 120;

    @Parameter
    private EngineKind kind;

    @TempDir
    private Path parent;

    private static void history(StoreFixture store) throws RevisionUnavailable {
        Random random = new Random(1);
        boolean[] live = new boolean[20];
        for (int i = 0; i < 200; i++) {
            int key = random.nextInt(live.length);
            if (live[key] && random.nextInt(3) == 0) {
                store.delete("key-" + key);
                live[key] = false;
            } else {
                store.put("key-" + key, "value " + i);
                live[key] = true;
            }
        }
        store.compact(40);
        store.compact(COMPACTED);
    }

    private static List<List<KeyValue>> states(StoreFixture store) throws RevisionUnavailable {
        List<List<KeyValue>> states = new ArrayList<>();
        for (long revision = COMPACTED; revision <= store.store().state().revision(); revision++) {
            states.add(store.at(revision));
        }
        return states;
    }

    /// Wherever a crash interrupts the walk, and whatever of it was flushed, the next start ends with the
    /// same rows.
    @Test
    void aCrashAfterAnyStepLeavesNothingBehind() throws IOException, RevisionUnavailable {
        List<String> expected;
        List<List<KeyValue>> states;
        try (StoreFolder folder = new StoreFolder(parent.resolve("reference"), kind)) {
            StoreFixture store = new StoreFixture(folder.open());
            history(store);
            states = states(store);
            Collection collection = new Collection(store.store());
            while (collection.isDue()) {
                collection.step(1000);
            }
            store.refresh();
            assertEquals(states, states(store));
            expected = store.rows(Table.KEYS, Table.LOG, Table.VERSIONS);
            store.store().close();
        }
        for (int steps = 0; steps <= 13; steps++) {
            try (StoreFolder folder = new StoreFolder(parent.resolve("steps-" + steps), kind)) {
                StoreFixture store = new StoreFixture(folder.open());
                history(store);
                Collection collection = new Collection(store.store());
                for (int i = 0; i < steps; i++) {
                    collection.step(10);
                    if (i == steps / 2) {
                        folder.engine().flush();
                    }
                }
                if (steps == 0) {
                    folder.engine().flush();
                }
                Path copy = folder.copyUnflushed();
                store.store().close();
                folder.abandonFor(copy);
                store = new StoreFixture(folder.open());
                long live = store.at(0).size();
                assertEquals(live, keys(store), "live keys counted after a crash behind step " + steps);
                assertEquals(states, states(store));
                collection = new Collection(store.store());
                while (collection.isDue()) {
                    collection.step(7);
                }
                store.refresh();
                assertEquals(states, states(store));
                assertEquals(expected, store.rows(Table.KEYS, Table.LOG, Table.VERSIONS), "after step " + steps);
                assertEquals(COMPACTED, collection.done());
                store.store().close();
            }
        }
    }

    private static long keys(StoreFixture store) {
        try (View view = store.store().view()) {
            return view.keys();
        }
    }

    @Test
    void aStepLooksAtNoMoreThanItsLimitAndNothingIsLeftForASecondWalk() throws RevisionUnavailable {
        try (StoreFolder folder = new StoreFolder(parent, kind)) {
            StoreFixture store = new StoreFixture(folder.open());
            history(store);
            Collection collection = new Collection(store.store());
            assertTrue(collection.isDue());
            int visited = 0;
            while (collection.isDue()) {
                Collection.Step step = collection.step(9);
                assertTrue(step.visited() <= 9);
                visited += step.visited();
            }
            assertTrue(visited <= COMPACTED);
            assertEquals(new Collection.Step(0, 0, 0), collection.step(9));
            store.store().close();
            folder.reopen();
            store = new StoreFixture(folder.open());
            assertFalse(new Collection(store.store()).isDue());
            store.store().close();
        }
    }

    /// Once everything is compacted, the history holds what lives and no more; the row of a delete exactly
    /// at the compacted revision stays until the next walk (CMP-08).
    @Test
    void nothingPilesUp() throws RevisionUnavailable {
        try (StoreFolder folder = new StoreFolder(parent, kind)) {
            StoreFixture store = new StoreFixture(folder.open());
            Collection collection = new Collection(store.store());
            for (int round = 0; round < 30; round++) {
                store.put("a", "1");
                store.put("b", "2");
                store.put("a", "3");
                store.delete("a");
                store.compact(store.store().state().revision());
                while (collection.isDue()) {
                    collection.step(1);
                }
                assertEquals(2, store.rows(Table.LOG).size(), "b and the tombstone of a");
                assertEquals(0, store.rows(Table.VERSIONS).size());
            }
            store.store().close();
        }
    }
}
