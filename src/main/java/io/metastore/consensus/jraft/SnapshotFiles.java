package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.snapshot.Snapshot;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotMetaTable;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/// The snapshots of the raft log, looked through before JRaft uses them, and what a state is filled from.
///
/// JRaft believes what a snapshot says of itself without a checksum. An index that is too high would make it
/// drop entries that the state has not applied.
public final class SnapshotFiles {
    /// Of a snapshot: index of the last entry with commands that it holds. The snapshot's own index may be
    /// higher, entries of JRaft itself count there and never reach the state.
    private static final String APPLIED = "applied";
    /// Of a snapshot: folder with the copy of the state.
    static final String STATE = "state";
    /// What the files of a short log take: one that is written to, and those before it that a snapshot still needs.
    private static final long LOG_KEPT = 48L << 20;

    private SnapshotFiles() {}

    /// Writes down how far the state of a snapshot goes; returns the file's name.
    static String writeApplied(Path snapshot, long index) throws IOException {
        CheckedText.write(snapshot.resolve(APPLIED), index + "\n");
        return APPLIED;
    }

    /// @throws EngineFailure naming the file when it is damaged
    static long readApplied(Path snapshot) throws IOException {
        Path file = snapshot.resolve(APPLIED);
        String former = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        String text = former.matches("\\d+") ? former + "\n" : CheckedText.read(file);
        return Long.parseLong(text.strip());
    }

    /// A state that was captured for a snapshot.
    ///
    /// @param captured folder that [io.metastore.engine.Capture#writeTo] wrote
    /// @param applied  index of the last entry with commands that it holds
    public record Captured(Path captured, long applied) {}

    /// The newest snapshot in the folder `raft` of log, vote and snapshots, if there is one.
    ///
    /// @throws EngineFailure naming the file that is damaged or cannot be read
    public static Optional<Captured> newestCaptured(Path raft) {
        try {
            Optional<Path> newest = newest(raft.resolve("snapshot"));
            return newest.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Captured(newest.get().resolve(STATE), readApplied(newest.get())));
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the newest snapshot of the raft log cannot be read", failure);
        }
    }

    /// How far a snapshot goes.
    ///
    /// @param index   of the log, 0 when there is none
    /// @param applied index of the last entry with commands up to there
    record Reach(long index, long applied) {
        static final Reach NONE = new Reach(0, 0);
    }

    /// Looks through the newest snapshot in `folder`, if there is one.
    ///
    /// @param ownTerm term of this member
    /// @throws EngineFailure naming the file that is damaged
    static Reach check(Path folder, long ownTerm) throws IOException {
        Optional<Path> newest = newest(folder);
        if (newest.isEmpty()) {
            return Reach.NONE;
        }
        Path metaFile = newest.get().resolve(Snapshot.JRAFT_SNAPSHOT_META_FILE);
        SnapshotMeta meta = meta(metaFile);
        long applied = readApplied(newest.get());
        long index = index(newest.get());
        if (meta.getLastIncludedIndex() != index
                || applied > index
                || meta.getLastIncludedTerm() < 1
                || meta.getLastIncludedTerm() > ownTerm) {
            throw new EngineFailure(
                    EngineFailure.Kind.DAMAGED,
                    metaFile + " is damaged: it says index " + meta.getLastIncludedIndex() + ", term "
                            + meta.getLastIncludedTerm() + ", but this member is in term " + ownTerm
                            + " and its state goes up to " + applied,
                    null);
        }
        return new Reach(index, applied);
    }

    /// Bytes that a snapshot would free now: what only the one before it holds, and the log that it ends; 0 while
    /// another is about to free them.
    ///
    /// @param raft folder that has `log` and `snapshot`
    static long freedByNext(Path raft) throws IOException {
        try (Stream<Path> files = Files.list(raft.resolve("log"))) {
            long logged = 0;
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".log")).toList()) {
                logged += Files.size(file);
            }
            return heldAlone(raft.resolve("snapshot")) + Math.max(0, logged - LOG_KEPT);
        } catch (NoSuchFileException beingFreed) {
            return 0;
        }
    }

    /// Bytes of the files of the newest snapshot that nothing else holds any more: files of the state that were merged
    /// into others since. A newer snapshot frees them.
    private static long heldAlone(Path folder) throws IOException {
        Optional<Path> newest = newest(folder);
        if (newest.isEmpty() || !Files.isDirectory(newest.get().resolve(STATE))) {
            return 0;
        }
        long bytes = 0;
        try (Stream<Path> files = Files.list(newest.get().resolve(STATE))) {
            for (Path file : files.toList()) {
                var attributes = Files.readAttributes(file, "unix:nlink,size");
                bytes += (int) attributes.get("nlink") == 1 ? (long) attributes.get("size") : 0;
            }
        }
        return bytes;
    }

    private static SnapshotMeta meta(Path file) {
        LocalSnapshotMetaTable table = new LocalSnapshotMetaTable(new RaftOptions());
        try {
            if (table.loadFromFile(file.toString()) && table.hasMeta()) {
                return table.getMeta();
            }
        } catch (IOException | RuntimeException failure) {
            throw new EngineFailure(EngineFailure.Kind.DAMAGED, file + " is damaged: " + failure.getMessage(), failure);
        }
        throw new EngineFailure(EngineFailure.Kind.DAMAGED, file + " is missing or holds nothing", null);
    }

    private static Optional<Path> newest(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(
                            path -> path.getFileName().toString().matches(Snapshot.JRAFT_SNAPSHOT_PREFIX + "\\d+"))
                    .max(Comparator.comparingLong(SnapshotFiles::index));
        }
    }

    private static long index(Path snapshot) {
        return Long.parseLong(snapshot.getFileName().toString().substring(Snapshot.JRAFT_SNAPSHOT_PREFIX.length()));
    }
}
