package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.consensus.jraft.CheckedText;
import io.metastore.consensus.jraft.SnapshotFiles;
import io.metastore.engine.Capture;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineFailure;
import io.metastore.engine.EngineKind;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.machine.Replicas;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.View;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// A snapshot that takes the place of the state while the member runs: wherever it is stopped meanwhile, it starts
/// with a whole state.
class InstalledStateTest {
    private static final byte[] KEY = "key".getBytes(StandardCharsets.US_ASCII);
    private static final long OWN = 100;
    private static final long SENT = 500;

    @TempDir
    private Path folder;

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    private static void write(Engine engine, long applied) {
        try (MvccStore store = new MvccStore(engine)) {
            store.commit(store.begin(), applied, 1);
        }
        WriteBatch batch = engine.newBatch();
        batch.put(Table.META, KEY, Long.toString(applied).getBytes(StandardCharsets.US_ASCII));
        engine.write(batch);
    }

    private static void assertState(Engine engine, long applied) {
        try (MvccStore store = new MvccStore(engine);
                Snapshot snapshot = engine.snapshot()) {
            assertEquals(applied, store.state().appliedIndex());
            assertArrayEquals(
                    Long.toString(applied).getBytes(StandardCharsets.US_ASCII), snapshot.get(Table.META, KEY));
        }
    }

    private static ServerConfig config(String engine) {
        return TestConfig.with(Map.of("storage.engine", engine)).keys();
    }

    /// What the leader sent, where JRaft puts it before it has it loaded.
    private SnapshotFiles.Captured sent(EngineKind writer, Path data) throws IOException {
        Path snapshot = data.resolve("member/raft/snapshot/snapshot_" + SENT);
        Files.createDirectories(snapshot);
        try (Engine engine = writer.open(folder.resolve("sender"))) {
            write(engine, SENT);
            try (Capture capture = engine.capture()) {
                capture.writeTo(snapshot.resolve("state"));
            }
        }
        CheckedText.write(snapshot.resolve("applied"), SENT + "\n");
        return new SnapshotFiles.Captured(snapshot.resolve("state"), SENT);
    }

    /// A data directory with a state of its own.
    private Path data() throws IOException {
        Path data = folder.resolve("data");
        try (DataDirectory directory = DataDirectory.open(data);
                Engine own = EngineKind.ROCKSDB.open(directory.state())) {
            write(own, OWN);
        }
        return data;
    }

    private static void assertStarts(Path data, String engine) throws IOException {
        try (DataDirectory directory = DataDirectory.open(data)) {
            try (Engine opened = OpenedState.open(directory, config(engine), DiskSpace.unbounded())) {
                assertState(opened, SENT);
            }
            try (Stream<Path> files = Files.list(data.resolve("member"))) {
                List<String> states = files.map(file -> file.getFileName().toString())
                        .filter(name -> name.startsWith("state") && !name.equals("state-at"))
                        .toList();
                assertEquals(List.of(directory.state().getFileName().toString()), states);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"rocksdb,ROCKSDB", "rocksdb,MEMORY", "memory,ROCKSDB", "memory,MEMORY"})
    void theNextStartBeginsWithWhatWasInstalled(String engine, EngineKind writer) throws IOException {
        Path data = data();
        SnapshotFiles.Captured sent;
        try (DataDirectory directory = DataDirectory.open(data);
                Engine old = OpenedState.open(directory, config(engine), DiskSpace.unbounded())) {
            sent = sent(writer, data);
            try (Engine installed = OpenedState.install(directory, config(engine), DiskSpace.unbounded(), sent)) {
                assertState(installed, SENT);
                write(installed, SENT + 1);
            }
            try (MvccStore store = new MvccStore(old)) {
                assertEquals(engine.equals("rocksdb") ? OWN : 0, store.state().appliedIndex());
            }
        }
        // The snapshot that it began with is not changed by what came after.
        assertStarts(data(engine, sent), engine);
        if (engine.equals("rocksdb")) {
            try (DataDirectory directory = DataDirectory.open(data);
                    Engine again = OpenedState.open(directory, config(engine), DiskSpace.unbounded())) {
                assertState(again, SENT + 1);
            }
        }
    }

    /// Another data directory, with nothing but the snapshot.
    private Path data(String engine, SnapshotFiles.Captured sent) throws IOException {
        Path other = folder.resolve("other-" + engine);
        copy(sent.captured().getParent(), other.resolve("member/raft/snapshot/snapshot_" + SENT));
        return other;
    }

    @ParameterizedTest
    @EnumSource(
            value = EngineKind.class,
            names = {"ROCKSDB", "MEMORY"})
    void aStopAtAnyStepLeavesAWholeState(EngineKind writer) throws IOException {
        Path data = data();
        Path after = folder.resolve("after");
        try (DataDirectory directory = DataDirectory.open(data);
                Engine old = EngineKind.ROCKSDB.open(directory.state())) {
            SnapshotFiles.Captured sent = sent(writer, data);
            // Received and not yet begun with.
            Path received = folder.resolve("received");
            copy(data, received);
            assertStarts(received, "rocksdb");
            try (Engine installed = OpenedState.install(directory, config("rocksdb"), DiskSpace.unbounded(), sent)) {
                // Both are open, and the new one counts.
                copy(data, after);
                assertState(installed, SENT);
            }
            assertState(old, OWN);
        }
        List<Path> made;
        try (Stream<Path> files = Files.list(after.resolve("member/state-1"))) {
            made = files.map(file -> after.relativize(file)).sorted().toList();
        }
        assertTrue(made.size() > 2, made.toString());
        for (int there = 0; there <= made.size(); there++) {
            // So many files of the new state are there, the last of them in half.
            Path half = folder.resolve("half-" + there);
            copy(after, half);
            Files.delete(half.resolve("member/state-at"));
            for (Path missing : made.subList(there, made.size())) {
                Files.delete(half.resolve(missing.toString()));
            }
            if (there > 0) {
                Path last = half.resolve(made.get(there - 1).toString());
                byte[] content = Files.readAllBytes(last);
                Files.write(last, Arrays.copyOf(content, content.length / 2));
            }
            assertStarts(half, "rocksdb");
        }
        // All of the new state is there, and what says so is not, or not in its place.
        Path unsaid = folder.resolve("unsaid");
        copy(after, unsaid);
        Files.move(unsaid.resolve("member/state-at"), unsaid.resolve("member/state-at.next"));
        assertStarts(unsaid, "rocksdb");
        // The old state is gone in part.
        Path dropping = folder.resolve("dropping");
        copy(after, dropping);
        Files.delete(dropping.resolve("member/state/CURRENT"));
        assertStarts(dropping, "rocksdb");
        assertStarts(after, "rocksdb");
    }

    @Test
    void oneAfterTheOtherIsInstalledWhileTheFirstIsRead() throws IOException {
        Path data = data();
        try (DataDirectory directory = DataDirectory.open(data);
                Replicas replicas = new Replicas(
                        EngineKind.ROCKSDB.open(directory.state()),
                        (captured, applied) -> OpenedState.install(
                                directory,
                                config("rocksdb"),
                                DiskSpace.unbounded(),
                                new SnapshotFiles.Captured(captured, applied)),
                        Runnable::run)) {
            SnapshotFiles.Captured sent = sent(EngineKind.ROCKSDB, data);
            try (View first = replicas.view()) {
                for (int i = 1; i <= 3; i++) {
                    replicas.install(sent.captured(), SENT);
                    assertEquals(data.resolve("member/state-" + i), directory.state());
                    assertEquals(OWN, first.state().appliedIndex());
                    assertTrue(Files.exists(data.resolve("member/state/CURRENT")));
                    assertEquals(SENT, replicas.state().appliedIndex());
                }
            }
            assertTrue(Files.notExists(data.resolve("member/state")));
            assertTrue(Files.notExists(data.resolve("member/state-2")));
        }
        assertStarts(data, "rocksdb");
    }

    @Test
    void aSnapshotThatIsNotWhatItSaysTakesNoPlace() throws IOException {
        Path data = data();
        try (DataDirectory directory = DataDirectory.open(data)) {
            SnapshotFiles.Captured sent = sent(EngineKind.ROCKSDB, data);
            SnapshotFiles.Captured wrong = new SnapshotFiles.Captured(sent.captured(), SENT + 1);
            EngineFailure failure = assertThrows(
                    EngineFailure.class,
                    () -> OpenedState.install(directory, config("rocksdb"), DiskSpace.unbounded(), wrong));
            assertEquals(EngineFailure.Kind.DAMAGED, failure.kind());
            assertEquals(data.resolve("member/state"), directory.state());
        }
        assertStarts(data, "rocksdb");
    }

    @Test
    void noFlippedBitOfWhatSaysWhichStateCountsIsBelieved() throws IOException {
        Path data = data();
        Path file = data.resolve("member/state-at");
        CheckedText.write(file, "state-3\n");
        byte[] content = Files.readAllBytes(file);
        for (int bit = 0; bit < content.length * 8; bit++) {
            content[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, content);
            assertThrows(EngineFailure.class, () -> DataDirectory.open(data), "bit " + bit);
            content[bit / 8] ^= (byte) (1 << bit % 8);
        }
    }
}
