package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.google.protobuf.Message;
import io.metastore.consensus.Origins;
import io.metastore.engine.Capture;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import io.metastore.engine.RowSource;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.ApplyMetrics;
import io.metastore.machine.ChunkLimits;
import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.EntryCodec;
import io.metastore.machine.Origin;
import io.metastore.machine.Replica;
import io.metastore.machine.Replicas;
import io.metastore.value.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a member does with a snapshot that JRaft hands it, at a start or from its leader.
class SnapshotLoadTest {
    @TempDir
    private Path folder;

    private final List<String> faults = new ArrayList<>();
    private final List<Replica> installed = new ArrayList<>();
    private final List<Replicas> made = new ArrayList<>();
    private int opened;

    private Engine open() {
        return EngineKind.ROCKSDB.open(folder.resolve("state-" + ++opened));
    }

    private Replicas replicas() {
        Replicas replicas = new Replicas(
                open(),
                (captured, _) -> {
                    Engine engine = open();
                    try (RowSource rows = EngineKind.rows(captured)) {
                        engine.restore(rows);
                    }
                    return engine;
                },
                Runnable::run);
        made.add(replicas);
        return replicas;
    }

    private ApplyAdapter adapter(Replicas replicas) {
        ApplyMetrics metrics = new ApplyMetrics(new SimpleMeterRegistry());
        return new ApplyAdapter(
                machine -> new ApplyLoop(machine, new ChunkLimits(100, 1 << 20), (_, _, _, _) -> {}, metrics),
                replicas,
                installed::add,
                (what, cause) -> faults.add(what + ": " + cause),
                new SnapshotTrigger(1 << 20, 0, () -> {}, 1 << 20, () -> false),
                new RaftSettings(
                        "group", 1, List.of(1L, 2L, 3L), folder.resolve("raft"), 300, 100, 1 << 20, 0, 1 << 20),
                _ -> {},
                new DiskMetrics(),
                DiskSpace.unbounded(),
                SkippedEntries.read(folder),
                new Origins(1, 9),
                _ -> {},
                Runnable::run);
    }

    @AfterEach
    void close() {
        made.forEach(Replicas::close);
    }

    /// Entries `first` to `last`, each a put of `key`.
    private static Iterator puts(long first, long last) {
        return new ScriptedEntries(
                first,
                1,
                LongStream.rangeClosed(first, last)
                        .mapToObj(SnapshotLoadTest::put)
                        .toList());
    }

    private static ByteBuffer put(long at) {
        Command.Put put = new Command.Put(Bytes.utf8("key"), Bytes.utf8("at " + at), 0, false, false, false);
        return EntryCodec.encode(Origin.NONE, List.of(CommandCodec.encode(put)));
    }

    /// A snapshot in a folder.
    private static final class Lying extends SnapshotReader {
        private final Path folder;

        private Lying(Path folder) {
            this.folder = folder;
        }

        @Override
        public String getPath() {
            return folder.toString();
        }

        @Override
        public SnapshotMeta load() {
            throw new UnsupportedOperationException("not asked for by the adapter");
        }

        @Override
        public String generateURIForCopy() {
            throw new UnsupportedOperationException("not asked for by the adapter");
        }

        @Override
        public boolean init(Void options) {
            return true;
        }

        @Override
        public void shutdown() {}

        @Override
        public Set<String> listFiles() {
            return Set.of();
        }

        @Override
        public Message getFileMeta(String name) {
            return null;
        }

        @Override
        public void close() throws IOException {}
    }

    private Path snapshot(Replicas of) throws IOException {
        long applied = of.state().appliedIndex();
        Path snapshot = Files.createDirectory(folder.resolve("snapshot-" + applied));
        try (Capture capture = of.get().engine().capture()) {
            capture.writeTo(snapshot.resolve(SnapshotFiles.STATE));
        }
        SnapshotFiles.writeApplied(snapshot, applied);
        return snapshot;
    }

    @Test
    void entriesBehindTheSnapshotAreAppliedToTheStateThatItBrought() throws IOException {
        Replicas leader = replicas();
        ApplyAdapter leading = adapter(leader);
        Replicas follower = replicas();
        ApplyAdapter following = adapter(follower);
        following.onApply(puts(1, 3));
        leading.onApply(puts(1, 20));
        Replica before = follower.get();
        assertTrue(following.onSnapshotLoad(new Lying(snapshot(leader))), faults.toString());
        assertEquals(List.of(follower.get()), installed);
        assertEquals(20, follower.state().appliedIndex());
        following.onApply(puts(18, 25));
        assertEquals(List.of(), faults);
        assertEquals(25, follower.state().appliedIndex());
        assertEquals(26, follower.state().revision());
        assertEquals(4, before.store().state().revision());
        // Its next own snapshot is one of the new state.
        leading.onApply(puts(21, 25));
        Replicas third = replicas();
        assertTrue(adapter(third).onSnapshotLoad(new Lying(snapshot(follower))), faults.toString());
        assertEquals(leader.state(), third.state());
    }

    /// Its own, at every start.
    @Test
    void aSnapshotBehindTheStateChangesNothing() throws IOException {
        Replicas replicas = replicas();
        ApplyAdapter adapter = adapter(replicas);
        adapter.onApply(puts(1, 10));
        Path snapshot = snapshot(replicas);
        adapter.onApply(puts(11, 12));
        Replica before = replicas.get();
        assertTrue(adapter.onSnapshotLoad(new Lying(snapshot)));
        assertSame(before, replicas.get());
        assertEquals(12, replicas.state().appliedIndex());
        assertEquals(List.of(), installed);
    }

    @Test
    void aDamagedSnapshotStopsTheMember() throws IOException {
        Replicas leader = replicas();
        adapter(leader).onApply(puts(1, 10));
        Path snapshot = snapshot(leader);
        Files.delete(snapshot.resolve(SnapshotFiles.STATE).resolve("CURRENT"));
        Replicas follower = replicas();
        assertFalse(adapter(follower).onSnapshotLoad(new Lying(snapshot)));
        assertEquals(1, faults.size(), faults.toString());
        assertTrue(faults.getFirst().contains(snapshot.toString()), faults.getFirst());
        assertEquals(0, follower.state().appliedIndex());
    }
}
