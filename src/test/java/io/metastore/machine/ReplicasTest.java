package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.Capture;
import io.metastore.engine.Cursor;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import io.metastore.engine.RowSource;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.mvcc.KvHash;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A member that lags takes the snapshot of another as its state, and goes on as that one does.
class ReplicasTest {
    private static final Bytes HOT = Bytes.utf8("hot");
    private static final RangeQuery HOT_KEY = RangeQuery.all(KeyRange.single(HOT));

    @TempDir
    private Path folder;

    private final ApplyMetrics metrics = new ApplyMetrics(new SimpleMeterRegistry());

    /// A member without consensus: what it is fed is agreed.
    private final class Fed implements AutoCloseable {
        private final EngineKind kind;
        private final Path home;
        private final List<Runnable> closings = new CopyOnWriteArrayList<>();
        private final Replicas replicas;
        private int opened;

        private Fed(String name, EngineKind kind) {
            this.kind = kind;
            this.home = folder.resolve(name);
            home.toFile().mkdirs();
            this.replicas = new Replicas(kind.open(state(0)), this::open, closings::add);
        }

        private Path state(int number) {
            return home.resolve("state-" + number);
        }

        private Engine open(Path captured, long applied) {
            Engine engine = kind.open(state(++opened));
            try (RowSource rows = EngineKind.rows(captured)) {
                engine.restore(rows);
            }
            return engine;
        }

        private void apply(List<FedEntries.Fed> entries) {
            new ApplyLoop(replicas.get().machine(), new ChunkLimits(700, 1 << 20), (_, _, _, _) -> {}, metrics)
                    .run(new FedEntries(entries, false));
        }

        private void put(long index, Bytes key, String value) {
            Command<?> put = new Command.Put(key, Bytes.utf8(value), 0, false, false, false);
            apply(List.of(new FedEntries.Fed(new HistoryStep.Entry(index, List.of(put), false, true))));
        }

        private List<Runnable> drained() {
            List<Runnable> due = List.copyOf(closings);
            closings.removeAll(due);
            return due;
        }

        private List<String> states() {
            return Stream.of(home.toFile().list()).sorted().toList();
        }

        private Path snapshot() {
            Path target = folder.resolve("snapshot-" + replicas.state().appliedIndex());
            try (Capture capture = replicas.get().engine().capture()) {
                capture.writeTo(target);
            }
            return target;
        }

        private void install(Path captured, long applied) {
            replicas.install(captured, applied);
        }

        private KeyValue hot() throws RevisionUnavailable {
            try (View view = replicas.view()) {
                return view.range(HOT_KEY).keyValues().getFirst();
            }
        }

        private List<String> rows() {
            List<String> rows = new ArrayList<>();
            try (Snapshot now = replicas.get().engine().snapshot()) {
                for (Table table : Table.values()) {
                    try (Cursor cursor = now.cursor(table, new byte[0], null)) {
                        while (cursor.next()) {
                            rows.add(table + " " + HexFormat.of().formatHex(cursor.key()) + " "
                                    + HexFormat.of().formatHex(cursor.value()));
                        }
                    }
                }
            }
            return rows;
        }

        private int hash() throws RevisionUnavailable {
            try (View view = replicas.view()) {
                return KvHash.of(view, 0).hash();
            }
        }

        @Override
        public void close() {
            replicas.close();
            closings.forEach(Runnable::run);
        }
    }

    /// Index of the last entry of the script.
    private static long last(List<FedEntries.Fed> script) {
        return script.getLast().entry().index();
    }

    private static List<FedEntries.Fed> script() {
        List<FedEntries.Fed> script = new ArrayList<>();
        for (HistoryStep step : new HistoryGenerator(77, true).steps(3000)) {
            if (step instanceof HistoryStep.Apply apply) {
                apply.entries().stream().map(FedEntries.Fed::new).forEach(script::add);
            }
        }
        return script;
    }

    @ParameterizedTest
    @CsvSource({"ROCKSDB,ROCKSDB", "ROCKSDB,MEMORY", "MEMORY,ROCKSDB", "MEMORY,MEMORY"})
    void aMemberThatLaggedGoesOnAsTheOneWhoseSnapshotItTook(EngineKind sender, EngineKind taker)
            throws RevisionUnavailable {
        List<FedEntries.Fed> script = script();
        int met = script.size() / 3;
        try (Fed a = new Fed("a", sender);
                Fed b = new Fed("b", taker)) {
            a.apply(script.subList(0, met));
            b.apply(script.subList(0, met));
            long index = last(script) + 1;
            // What B knows of this key without asking its engine is out of date when A's state comes.
            b.put(last(script.subList(0, met)) + 1, HOT, "of B's time");
            a.apply(script.subList(met, script.size()));
            a.put(index, HOT, "1");
            a.put(index + 1, HOT, "2");
            b.install(a.snapshot(), index + 1);
            assertEquals(index + 1, b.replicas.state().appliedIndex());
            assertEquals(a.rows(), b.rows());
            a.put(index + 2, HOT, "3");
            b.put(index + 2, HOT, "3");
            assertEquals(a.hot(), b.hot());
            assertEquals(a.hash(), b.hash());
            assertEquals(a.rows(), b.rows());
            assertEquals(
                    List.copyOf(a.replicas.get().alarms().raised()),
                    List.copyOf(b.replicas.get().alarms().raised()));
            assertEquals(
                    a.replicas.get().leases().all().size(),
                    b.replicas.get().leases().all().size());
            try (View ofA = a.replicas.view();
                    View ofB = b.replicas.view()) {
                assertEquals(ofA.keys(), ofB.keys());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"ROCKSDB", "MEMORY"})
    void whoReadsTheOldStateReadsOnUntilItIsDone(EngineKind kind) throws RevisionUnavailable {
        try (Fed a = new Fed("a", EngineKind.ROCKSDB);
                Fed b = new Fed("b", kind)) {
            b.put(1, HOT, "old");
            for (int i = 1; i <= 5; i++) {
                a.put(i, HOT, "new " + i);
            }
            Replica before = b.replicas.get();
            View held = b.replicas.view();
            View alsoHeld = b.replicas.view();
            b.install(a.snapshot(), 5);
            assertNotSame(before, b.replicas.get());
            assertEquals(Bytes.utf8("new 5"), b.hot().value());
            assertEquals(
                    Bytes.utf8("old"),
                    held.range(HOT_KEY).keyValues().getFirst().value());
            held.close();
            assertEquals(
                    Bytes.utf8("old"),
                    alsoHeld.range(HOT_KEY).keyValues().getFirst().value());
            assertTrue(b.closings.isEmpty());
            alsoHeld.close();
            assertEquals(kind == EngineKind.ROCKSDB ? 1 : 0, b.closings.size(), "states to be closed");
            b.closings.forEach(Runnable::run);
            b.closings.clear();
            assertFalse(Files.exists(b.state(0).resolve("CURRENT")), "the old state is there");
            assertEquals(0, kind == EngineKind.ROCKSDB ? before.engine().allocatedBytes() : 0);
            assertThrows(IllegalStateException.class, () -> before.store().view());
            assertEquals(Bytes.utf8("new 5"), b.hot().value());
        }
    }

    /// Readers, and those who ask for sizes, at the moment of each change: RocksDB would end the process if one of them
    /// met a closed state.
    @Test
    void nobodyMeetsAClosedState() throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> readers = new ArrayList<>();
        try (Fed a = new Fed("a", EngineKind.ROCKSDB);
                Fed b = new Fed("b", EngineKind.ROCKSDB)) {
            for (int i = 1; i <= 100; i++) {
                a.put(i, Bytes.utf8("key-" + i), "value");
            }
            b.put(1, HOT, "old");
            Path snapshot = a.snapshot();
            for (int i = 0; i < 3; i++) {
                Thread reader = new Thread(() -> {
                    try {
                        while (!done.get()) {
                            try (View view = b.replicas.view()) {
                                int keys = view.range(RangeQuery.all(KeyRange.ALL))
                                        .keyValues()
                                        .size();
                                assertEquals(view.keys(), keys);
                            }
                            b.replicas
                                    .get()
                                    .engine()
                                    .gauges()
                                    .forEach(gauge -> assertTrue(gauge.value().getAsLong() >= -1, gauge.name()));
                        }
                    } catch (Throwable thrown) {
                        failure.set(thrown);
                    }
                });
                reader.start();
                readers.add(reader);
            }
            for (int i = 0; i < 20; i++) {
                b.install(snapshot, 100);
                List<Runnable> due = b.drained();
                due.forEach(Runnable::run);
            }
            done.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
            assertNull(failure.get());
            b.drained().forEach(Runnable::run);
            assertEquals(List.of("state-20"), b.states());
        }
    }

    /// What collects works on the state that is there when its turn comes, and none is replaced in the middle of one.
    @Test
    void theCollectionGoesOnWithTheStateThatWasInstalled() throws RevisionUnavailable {
        try (Fed a = new Fed("a", EngineKind.ROCKSDB);
                Fed b = new Fed("b", EngineKind.ROCKSDB)) {
            b.put(1, HOT, "old");
            for (int i = 1; i <= 50; i++) {
                a.put(i, HOT, "new " + i);
            }
            Command<?> compact = new Command.Compact(40);
            a.apply(List.of(new FedEntries.Fed(new HistoryStep.Entry(51, List.of(compact), false, true))));
            a.replicas.collect(replica -> replica.collection().step(10));
            b.install(a.snapshot(), 51);
            for (Fed member : List.of(a, b)) {
                while (member.replicas.get().collection().isDue()) {
                    member.replicas.collect(replica -> {
                        assertSame(member.replicas.get(), replica);
                        replica.collection().step(10);
                        replica.store().republish();
                    });
                }
            }
            assertEquals(40, b.replicas.get().collection().done());
            assertEquals(a.hash(), b.hash());
            assertEquals(a.rows(), b.rows());
        }
    }
}
