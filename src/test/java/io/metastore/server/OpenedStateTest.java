package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.consensus.jraft.CheckedText;
import io.metastore.engine.Capture;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineFailure;
import io.metastore.engine.EngineKind;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.mvcc.MvccStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// A state begins with the newest snapshot where it has nothing or less, whichever engine wrote it.
class OpenedStateTest {
    private static final byte[] KEY = "key".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;

    private DataDirectory directory;

    @BeforeEach
    void open() {
        directory = DataDirectory.open(folder.resolve("data"));
    }

    @AfterEach
    void close() throws IOException {
        directory.close();
    }

    @ParameterizedTest
    @CsvSource({"rocksdb,ROCKSDB", "rocksdb,MEMORY", "memory,ROCKSDB", "memory,MEMORY"})
    void anEmptyStateIsFilledFromTheNewestSnapshot(String engine, EngineKind writer) throws IOException {
        snapshot(writer, 300, 300);
        snapshot(writer, 500, 500);
        try (Engine opened = opened(engine)) {
            assertState(opened, 500);
        }
    }

    /// What a member has that ran in memory for a while: files of RocksDB from before.
    @ParameterizedTest
    @EnumSource(
            value = EngineKind.class,
            names = {"ROCKSDB", "MEMORY"})
    void aStateBehindTheSnapshotIsMadeAnew(EngineKind writer) throws IOException {
        try (Engine old = EngineKind.ROCKSDB.open(directory.state())) {
            write(old, 100);
            WriteBatch stale = old.newBatch();
            stale.put(Table.LEASES, KEY, KEY);
            old.write(stale);
        }
        snapshot(writer, 500, 500);
        // A start that ended in the middle of this.
        Path before = directory.state();
        Path half = before.resolveSibling("state-1");
        Files.createDirectory(half);
        Files.writeString(half.resolve("CURRENT"), "half");
        try (Engine opened = opened("rocksdb")) {
            assertState(opened, 500);
            try (Snapshot snapshot = opened.snapshot()) {
                assertNull(snapshot.get(Table.LEASES, KEY), "a row of the old state is there");
            }
        }
        assertFalse(Files.exists(before));
        assertEquals(half, directory.state());
        directory.close();
        directory = DataDirectory.open(folder.resolve("data"));
        try (Engine again = opened("rocksdb")) {
            assertState(again, 500);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = EngineKind.class,
            names = {"ROCKSDB", "MEMORY"})
    void aStateAheadOfTheSnapshotStays(EngineKind writer) throws IOException {
        try (Engine own = EngineKind.ROCKSDB.open(directory.state())) {
            write(own, 700);
        }
        snapshot(writer, 500, 500);
        try (Engine opened = opened("rocksdb")) {
            assertState(opened, 700);
        }
    }

    @ParameterizedTest
    @CsvSource({"rocksdb", "memory"})
    void aSnapshotThatIsNotWhatItSaysIsRefused(String engine) throws IOException {
        snapshot(EngineKind.MEMORY, 500, 501);
        EngineFailure failure = assertThrows(EngineFailure.class, () -> opened(engine));
        assertEquals(EngineFailure.Kind.DAMAGED, failure.kind());
        assertTrue(failure.getMessage().contains("501"), failure.getMessage());
    }

    private Engine opened(String engine) {
        ServerConfig config = TestConfig.with(Map.of("storage.engine", engine)).keys();
        return OpenedState.open(directory, config, DiskSpace.unbounded());
    }

    /// @param said what the snapshot says of how far it goes
    private void snapshot(EngineKind writer, long applied, long said) throws IOException {
        Path snapshot = directory.raft().resolve("snapshot").resolve("snapshot_" + applied);
        Files.createDirectory(snapshot);
        Path scratch = folder.resolve("scratch-" + applied);
        try (Engine engine = writer.open(scratch)) {
            write(engine, applied);
            try (Capture capture = engine.capture()) {
                capture.writeTo(snapshot.resolve("state"));
            }
        }
        CheckedText.write(snapshot.resolve("applied"), said + "\n");
    }

    private static void write(Engine engine, long applied) {
        try (MvccStore store = new MvccStore(engine)) {
            store.commit(store.begin(), applied, 1);
        }
        WriteBatch batch = engine.newBatch();
        batch.put(Table.ALARMS, KEY, Long.toString(applied).getBytes(StandardCharsets.US_ASCII));
        engine.write(batch);
    }

    private static void assertState(Engine engine, long applied) {
        try (MvccStore store = new MvccStore(engine);
                Snapshot snapshot = engine.snapshot()) {
            assertEquals(applied, store.state().appliedIndex());
            assertArrayEquals(
                    Long.toString(applied).getBytes(StandardCharsets.US_ASCII), snapshot.get(Table.ALARMS, KEY));
        }
    }
}
