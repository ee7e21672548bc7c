package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.value.Bytes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunningHashTest {
    private static final Bytes KEY = Bytes.utf8("key");
    private static final Bytes VALUE = Bytes.utf8("value");

    @TempDir
    private Path folder;

    private static long hash(Consumer<RunningHash> applied) {
        RunningHash hash = new RunningHash(17, 0);
        applied.accept(hash);
        hash.command(true, 5, -1);
        return hash.value();
    }

    private static Consumer<RunningHash> put(Bytes key, long create, long main, long sub, long version, long lease) {
        return hash -> hash.put(key, new KeyEntry(create, main, sub, version, lease, VALUE), VALUE);
    }

    /// Whatever may differ between two members makes another hash.
    @Test
    void everythingCounts() {
        List<Consumer<RunningHash>> different = new ArrayList<>(List.of(
                _ -> {},
                put(KEY, 3, 5, 0, 2, 0),
                put(Bytes.utf8("kez"), 3, 5, 0, 2, 0),
                put(KEY, 4, 5, 0, 2, 0),
                put(KEY, 3, 6, 0, 2, 0),
                put(KEY, 3, 5, 1, 2, 0),
                put(KEY, 3, 5, 0, 3, 0),
                put(KEY, 3, 5, 0, 2, 9),
                hash -> hash.put(KEY, new KeyEntry(3, 5, 0, 2, 0, Bytes.utf8("valuf")), Bytes.utf8("valuf")),
                hash -> hash.delete(KEY, 5, 0),
                hash -> hash.delete(KEY, 5, 1),
                hash -> hash.delete(Bytes.utf8("kez"), 5, 0),
                hash -> hash.command(true, 5, -1),
                hash -> hash.command(false, 5, -1),
                hash -> hash.command(true, 6, -1),
                hash -> hash.command(true, 5, 2)));
        different.add(put(KEY, 3, 5, 0, 2, 0).andThen(hash -> hash.delete(KEY, 5, 1)));
        different.add(((Consumer<RunningHash>) hash -> hash.delete(KEY, 5, 1)).andThen(put(KEY, 3, 5, 0, 2, 0)));
        Set<Long> hashes = new HashSet<>();
        different.forEach(applied -> assertTrue(hashes.add(hash(applied)), "no " + different.indexOf(applied)));
    }

    private long rows(Consumer<WriteBatch> written) {
        Engine engine = EngineKind.MEMORY.open(folder.resolve("state"));
        try {
            WriteBatch batch = engine.newBatch();
            return hash(hash -> written.accept(hash.over(batch)));
        } finally {
            engine.close();
        }
    }

    /// The rows of one command come in any order: it may be that of a set.
    @Test
    void rowsCountWithoutTheirOrder() {
        byte[] one = {1};
        byte[] two = {2};
        long both = rows(batch -> {
            batch.put(Table.LEASES, one, two);
            batch.delete(Table.ALARMS, two);
        });
        assertEquals(both, rows(batch -> {
            batch.delete(Table.ALARMS, two);
            batch.put(Table.LEASES, one, two);
        }));
        Set<Long> others = new HashSet<>(Set.of(both));
        List<Consumer<WriteBatch>> different = List.of(
                _ -> {},
                batch -> batch.put(Table.LEASES, one, two),
                batch -> batch.put(Table.MEMBERS, one, two),
                batch -> batch.put(Table.LEASES, two, one),
                batch -> batch.put(Table.LEASES, one, new byte[] {}),
                batch -> batch.delete(Table.LEASES, one));
        different.forEach(written -> assertTrue(others.add(rows(written)), "no " + different.indexOf(written)));
    }

    /// A row belongs to the command that wrote it.
    @Test
    void rowsOfAnotherCommandAreAnothers() {
        byte[] one = {1};
        Engine engine = EngineKind.MEMORY.open(folder.resolve("state"));
        try {
            WriteBatch batch = engine.newBatch();
            long before = hash(hash -> {
                hash.over(batch).put(Table.LEASES, one, one);
                hash.command(true, 5, -1);
            });
            long after = hash(hash -> {
                hash.command(true, 5, -1);
                hash.over(batch).put(Table.LEASES, one, one);
            });
            assertTrue(before != after);
        } finally {
            engine.close();
        }
    }
}
