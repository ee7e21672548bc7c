package io.metastore.server;

import io.metastore.consensus.jraft.SnapshotFiles;
import io.metastore.consensus.log.FolderNames;
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
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
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
        Path before = directory.state();
        Engine anew = anew(directory, next -> filled(next, settings, disk, newest.get()));
        try {
            DataDirectory.deleteFolder(before);
        } catch (IOException failure) {
            throw cannotBeMade(before, failure);
        }
        return anew;
    }

    /// Makes the state of a snapshot that the leader sent this member's own, while the one before is open still.
    ///
    /// @throws EngineFailure when files are damaged, missing or cannot be read or written
    static Engine install(DataDirectory directory, ServerConfig keys, DiskSpace disk, SnapshotFiles.Captured snapshot) {
        return switch (keys.storage().engine()) {
            case ServerConfig.Storage.MEMORY -> {
                Engine engine = new MemoryEngine(keys.storage().memoryShards());
                fill(engine, snapshot);
                yield engine;
            }
            default -> {
                RocksSettings settings = settings(keys, disk);
                yield anew(directory, next -> installed(next, settings, disk, snapshot));
            }
        };
    }

    private static Engine installed(Path next, RocksSettings settings, DiskSpace disk, SnapshotFiles.Captured snapshot)
            throws IOException {
        if (RowStream.isIn(snapshot.captured())) {
            return filled(next, settings, disk, snapshot);
        }
        link(snapshot.captured(), next);
        return ready(new RocksEngine(next, settings, disk), linked -> checkReach(linked, snapshot));
    }

    private static Engine filled(Path next, RocksSettings settings, DiskSpace disk, SnapshotFiles.Captured snapshot) {
        return ready(new RocksEngine(next, settings, disk), empty -> fill(empty, snapshot));
    }

    private static Engine ready(Engine engine, Consumer<Engine> work) {
        try {
            work.accept(engine);
            return engine;
        } catch (RuntimeException failure) {
            engine.close();
            throw failure;
        }
    }

    /// Shares the tables of a database that is never written to again: they never change either. RocksDB writes a
    /// description of its own of what it opens, so the other files are copied.
    private static void link(Path captured, Path next) throws IOException {
        try (Stream<Path> files = Files.list(captured)) {
            for (Path file : files.toList()) {
                Path target = next.resolve(file.getFileName());
                if (file.getFileName().toString().endsWith(".sst")) {
                    Files.createLink(target, file);
                } else {
                    Files.copy(file, target);
                }
                try (FileChannel written = FileChannel.open(target, StandardOpenOption.WRITE)) {
                    written.force(true);
                }
            }
        }
        FolderNames.sync(next);
    }

    /// Makes a state in a folder of its own, that counts once it is whole.
    private interface Making {
        Engine in(Path next) throws IOException;
    }

    private static Engine anew(DataDirectory directory, Making making) {
        try {
            Path next = directory.nextState();
            FolderNames.create(next);
            Engine made = making.in(next);
            // Until here a crash leaves the state before, from here on this one: what does not count is deleted at
            // the next start.
            directory.moveState(next);
            return made;
        } catch (IOException failure) {
            throw cannotBeMade(directory.state(), failure);
        }
    }

    private static EngineFailure cannotBeMade(Path state, IOException failure) {
        return EngineFailure.ofWriting("the state in " + state + " cannot be made anew", failure);
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
        checkReach(engine, snapshot);
        LOG.infof(
                "the state is filled from the snapshot at index %d: %d MiB in %d ms",
                snapshot.applied(), engine.allocatedBytes() >> 20, (System.nanoTime() - started) / 1_000_000);
    }

    private static void checkReach(Engine engine, SnapshotFiles.Captured snapshot) {
        long applied = applied(engine);
        if (applied != snapshot.applied()) {
            throw new EngineFailure(
                    EngineFailure.Kind.DAMAGED,
                    snapshot.captured() + " holds a state up to index " + applied
                            + " of the raft log, but the snapshot says " + snapshot.applied(),
                    null);
        }
    }
}
