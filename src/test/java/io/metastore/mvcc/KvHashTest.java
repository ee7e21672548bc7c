package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.metastore.engine.EngineKind;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// The hashes here were read from etcd 3.7.3 after the same requests (MNT-10, MNT-11).
@ParameterizedClass
@EnumSource(EngineKind.class)
class KvHashTest {
    @Parameter
    private EngineKind kind;

    @TempDir
    private Path parent;

    @Test
    void equalsWhatEtcdAnswersForTheSameHistory() throws RevisionUnavailable {
        try (StoreFolder folder = new StoreFolder(parent, kind)) {
            StoreFixture store = new StoreFixture(folder.open());
            Collection collection = new Collection(store.store());
            store.put("a", "1");
            store.put("b", "2");
            store.put("c", "3");
            store.put("a", "4");
            store.compact(3);
            hash(store, collection, 170281979L, 5);
            hash(store, collection, 962318141L, 4);
            store.delete("b");
            store.delete("a");
            store.delete("c");
            // Nothing lives at 8: what the compaction left over counts.
            hash(store, collection, 2297750408L, 8);
            store.compact(7);
            hash(store, collection, 3085094957L, 8);
            store.compact(8);
            store.put("d", "9");
            hash(store, collection, 978829522L, 9);
            assertThrows(RevisionUnavailable.class, () -> store.hash(7));
            assertThrows(RevisionUnavailable.class, () -> store.hash(10));
            store.store().close();
        }
    }

    /// etcd refuses only positive revisions; one below 0 has nothing to hash.
    @Test
    void hashesNothingAtANegativeRevision() throws RevisionUnavailable {
        try (StoreFolder folder = new StoreFolder(parent, kind)) {
            StoreFixture store = new StoreFixture(folder.open());
            store.put("a", "1");
            store.put("a", "2");
            assertEquals(1_084_519_789, store.hash(-5).hash());
            store.compact(3);

            KvHash hash = store.hash(-1);

            assertEquals(new KvHash(1_084_519_789, -1, 3, 3), hash);
            store.store().close();
        }
    }

    /// The same before, during and after the collection of what the compaction left behind.
    private static void hash(StoreFixture store, Collection collection, long expected, long revision)
            throws RevisionUnavailable {
        assertEquals(expected, Integer.toUnsignedLong(store.hash(revision).hash()), "at " + revision);
        while (collection.isDue()) {
            collection.step(1);
            store.refresh();
            assertEquals(expected, Integer.toUnsignedLong(store.hash(revision).hash()), "at " + revision);
        }
    }
}
