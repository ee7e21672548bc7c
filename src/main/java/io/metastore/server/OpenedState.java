package io.metastore.server;

import io.metastore.consensus.jraft.SnapshotFiles;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineFailure;
import io.metastore.engine.RowSource;
import io.metastore.engine.RowStream;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.memory.MemoryEngine;
import io.metastore.engine.rocksdb.RocksEngine;
import io.metastore.engine.rocksdb.RocksRows;
import io.metastore.engine.rocksdb.RocksSettings;
import io.metastore.mvcc.StateRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jboss.logging.Logger;

/// Opens a member's state in the engine that is configured, filled from the newest snapshot of the raft log where the
/// engine has nothing or less: memory begins so each time, RocksDB when its files are gone, or are from before the
/// member
/// ran in memory for a while. A snapshot of either engine fills the other.
public final class OpenedState {
    private static final Logger LOG = Logger.getLogger(OpenedState.class);

    private OpenedState() {}

    /// @throws EngineFailure when files are damaged, missing or cannot be read
    static Engine open(DataDirectory directory, ServerConfig keys, DiskSpace disk) {
        Optional<SnapshotFiles.Captured> newest = SnapshotFiles.newestCaptured(directory.raft());
        return switch (keys.storage().engine()) {
            case ServerConfig.Storage.MEMORY -> {
                Engine engine = new MemoryEngine(keys.storage().memoryShards());
                newest.ifPresent(snapshot -> fill(engine, snapshot));
                yield engine;
            }
            default -> rocksdb(directory, settings(keys, disk), disk, newest);
        };
    }

    private static RocksSettings settings(ServerConfig keys, DiskSpace disk) {
        ServerConfig.Rocksdb limits = keys.rocksdb();
        return new RocksSettings(
                limits.blockCacheBytes(), limits.memtableBytes(), RocksSettings.levelBytes(disk.total()));
    }

    private static Engine rocksdb(
            DataDirectory directory, RocksSettings settings, DiskSpace disk, Optional<SnapshotFiles.Captured> newest) {
        Engine engine = new RocksEngine(directory.state(), settings, disk);
        long applied = applied(engine);
        if (newest.isEmpty() || newest.get().applied() <= applied) {
            return engine;
        }
        LOG.logf(
                applied == 0 ? Logger.Level.INFO : Logger.Level.WARN,
                "the state has applied the raft log up to index %d, its newest snapshot goes up to %d: the state is made anew"
                        + " from that",
                applied,
                newest.get().applied());
        engine.close();
        Path next = directory.state().resolveSibling("state.new");
        try {
            delete(next);
            Files.createDirectory(next);
            try (Engine filled = new RocksEngine(next, settings, disk)) {
                fill(filled, newest.get());
            }
            // A crash in between leaves no state, or half of the old one, which the next start makes anew.
            delete(directory.state());
            Files.move(next, directory.state());
        } catch (IOException failure) {
            throw new EngineFailure(
                    EngineFailure.Kind.INPUT_OUTPUT,
                    "the state in " + directory.state() + " cannot be made anew: " + failure,
                    failure);
        }
        return new RocksEngine(directory.state(), settings, disk);
    }

    private static long applied(Engine engine) {
        try (Snapshot snapshot = engine.snapshot()) {
            return StateRow.read(key -> snapshot.get(Table.META, key)).appliedIndex();
        }
    }

    /// What a snapshot holds, whichever engine it was captured from. Looking at it changes no file.
    ///
    /// @throws EngineFailure when it is damaged or cannot be read
    public static RowSource rows(Path captured) {
        return RowStream.isIn(captured) ? new RowStream(captured) : new RocksRows(captured);
    }

    private static void fill(Engine engine, SnapshotFiles.Captured snapshot) {
        long started = System.nanoTime();
        Path captured = snapshot.captured();
        try (RowSource rows = rows(captured)) {
            engine.restore(rows);
        }
        long applied = applied(engine);
        if (applied != snapshot.applied()) {
            throw new EngineFailure(
                    EngineFailure.Kind.DAMAGED,
                    captured + " holds a state up to index " + applied + " of the raft log, but the snapshot says "
                            + snapshot.applied(),
                    null);
        }
        LOG.infof(
                "the state is filled from the snapshot at index %d: %d MiB in %d ms",
                applied, engine.allocatedBytes() >> 20, (System.nanoTime() - started) / 1_000_000);
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
