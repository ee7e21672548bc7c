package io.metastore.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// A folder that can lose what was not synced, as a loss of power would, fail and be slow. What goes through [#path]
/// is followed; what goes around it, such as JRaft's files of snapshots, is there and counts as synced.
///
/// Files are written where they lie, and what they held before is kept until they are synced: bytes until a sync of
/// the file, names until one of their folder.
public final class SimulatedDisk {
    private static final int SECTOR = 512;

    private final Path root;
    private final Path aside;
    private final FollowedFiles files = new FollowedFiles(this);
    private final Map<Path, Deque<Overwritten>> unsynced = new HashMap<>();
    private final List<Renamed> names = new ArrayList<>();
    private int kept;
    private boolean frozen;
    private boolean failing;
    private long changesLeft = Long.MAX_VALUE;
    private long syncNanos;
    private long syncs;

    /// @param root an empty folder on a real disk, or one that [#crash] has filled
    public SimulatedDisk(Path root) {
        this.root = root;
        this.aside = root.resolveSibling(root.getFileName() + ".aside");
        try {
            Files.createDirectories(root);
            Files.createDirectories(aside);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// What a file held before a write: nothing from `length` on.
    private record Overwritten(long offset, byte[] before, int written, long length) {}

    /// A name that was given or taken away: `now` was `before`, each of which may be null, and what `now` named
    /// earlier lies at `replaced`.
    private record Renamed(Path folder, Path before, Path now, Path replaced) {}

    /// What becomes of that which was not synced.
    public enum Loss {
        /// All is lost.
        ALL,
        /// Each sector is lost or not, and so are the last of the names.
        SOME
    }

    /// The folder, followed.
    public Path path() {
        return files.path(root);
    }

    /// Lets every sync take so much longer.
    public synchronized void slowSyncs(Duration by) {
        syncNanos = by.toNanos();
    }

    /// Lets every sync fail from now on, or no more.
    public synchronized void failSyncs(boolean failed) {
        failing = failed;
    }

    /// Syncs that were asked for.
    public synchronized long syncs() {
        return syncs;
    }

    /// Ends it: whoever writes or syncs from now on fails.
    public synchronized void freeze() {
        frozen = true;
    }

    /// Ends it after so many more writes, syncs and changes of names.
    public synchronized void freezeAfter(long changes) {
        changesLeft = changes;
    }

    private void check() throws IOException {
        frozen |= --changesLeft < 0;
        if (frozen) {
            throw new IOException("the disk is gone");
        }
    }

    synchronized int write(FileChannel channel, Path file, ByteBuffer bytes, long offset) throws IOException {
        check();
        int length = bytes.remaining();
        ByteBuffer before = ByteBuffer.allocate(length);
        long size = channel.size();
        if (offset < size) {
            try (FileChannel reading = FileChannel.open(file, StandardOpenOption.READ)) {
                for (int read = 0; read >= 0 && before.hasRemaining(); ) {
                    read = reading.read(before, offset + before.position());
                }
            }
        }
        int written = channel.write(bytes, offset);
        unsynced.computeIfAbsent(file, _ -> new ArrayDeque<>())
                .addLast(new Overwritten(offset, before.array(), written, size));
        return written;
    }

    /// Syncs a file's bytes, or a folder's names.
    void sync(Path file) throws IOException {
        int begun;
        long nanos;
        synchronized (this) {
            syncs++;
            nanos = syncNanos;
            begun = unsynced.getOrDefault(file, new ArrayDeque<>()).size();
        }
        long until = System.nanoTime() + nanos;
        while (nanos > 0 && until - System.nanoTime() > 0) {
            LockSupport.parkNanos(until - System.nanoTime());
        }
        synchronized (this) {
            check();
            if (failing) {
                throw new IOException("the disk fails");
            }
            Deque<Overwritten> writes = unsynced.getOrDefault(file, new ArrayDeque<>());
            for (int i = 0; i < begun && !writes.isEmpty(); i++) {
                writes.removeFirst();
            }
            names.removeIf(renamed -> renamed.folder().equals(file));
        }
    }

    synchronized void create(Path file, Action creation) throws IOException {
        check();
        boolean there = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        creation.run();
        if (!there) {
            names.add(new Renamed(file.getParent(), null, file, null));
        }
    }

    synchronized void delete(Path file) throws IOException {
        check();
        Path copy = Files.isRegularFile(file) ? keep(file) : null;
        Files.delete(file);
        unsynced.remove(file);
        names.add(new Renamed(file.getParent(), file, null, copy));
    }

    synchronized void move(Path from, Path to) throws IOException {
        check();
        Path copy = Files.isRegularFile(to) ? keep(to) : null;
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        unsynced.remove(to);
        Deque<Overwritten> writes = unsynced.remove(from);
        if (writes != null) {
            unsynced.put(to, writes);
        }
        names.add(new Renamed(to.getParent(), from, to, copy));
    }

    /// What changes a file system.
    interface Action {
        void run() throws IOException;
    }

    /// Keeps a file that is about to go, as it is synced.
    private Path keep(Path file) throws IOException {
        Path copy = aside.resolve(Integer.toString(++kept));
        Files.copy(file, copy);
        undo(copy, unsynced.getOrDefault(file, new ArrayDeque<>()), Loss.ALL, new Random(0));
        return copy;
    }

    /// Makes `target` what a loss of power now would leave of the folder. It must be frozen.
    public synchronized SimulatedDisk crash(Path target, Loss loss, Random random) throws IOException {
        if (!frozen) {
            throw new IllegalStateException("the disk is written to still");
        }
        copy(root, target);
        for (Map.Entry<Path, Deque<Overwritten>> file : unsynced.entrySet()) {
            Path copied = target.resolve(root.relativize(file.getKey()));
            if (Files.exists(copied)) {
                undo(copied, file.getValue(), loss, random);
            }
        }
        int lost = loss == Loss.ALL ? names.size() : random.nextInt(names.size() + 1);
        for (Renamed renamed : names.reversed().subList(0, lost)) {
            undo(renamed, target);
        }
        return new SimulatedDisk(target);
    }

    private void undo(Renamed renamed, Path target) throws IOException {
        Path now = renamed.now() == null ? null : target.resolve(root.relativize(renamed.now()));
        Path before = renamed.before() == null ? null : target.resolve(root.relativize(renamed.before()));
        if (now == null) {
            if (renamed.replaced() == null) {
                Files.createDirectory(before);
            } else {
                Files.copy(renamed.replaced(), before);
            }
            return;
        }
        if (before == null) {
            delete(now, true);
        } else {
            Files.move(now, before);
        }
        if (renamed.replaced() != null) {
            Files.copy(renamed.replaced(), now);
        }
    }

    private static void undo(Path file, Deque<Overwritten> writes, Loss loss, Random random) throws IOException {
        Map<Long, Boolean> lost = new HashMap<>();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (Overwritten write : writes.reversed()) {
                for (int at = 0; at < write.written(); ) {
                    long sector = (write.offset() + at) / SECTOR;
                    int length = (int) Math.min(write.written() - at, (sector + 1) * SECTOR - write.offset() - at);
                    if (lost.computeIfAbsent(sector, _ -> loss == Loss.ALL || random.nextBoolean())) {
                        channel.write(ByteBuffer.wrap(write.before(), at, length), write.offset() + at);
                    }
                    at += length;
                }
                if (loss == Loss.ALL) {
                    channel.truncate(Math.max(write.length(), 0));
                }
            }
        }
    }

    /// Copies a folder that others may change still, until nothing was gone in the middle of it.
    private static void copy(Path from, Path to) throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            delete(to, Files.exists(to));
            try (Stream<Path> found = Files.walk(from)) {
                for (Path file : found.toList()) {
                    Files.copy(file, to.resolve(from.relativize(file)));
                }
                return;
            } catch (NoSuchFileException | UncheckedIOException _) {
                // A file was deleted meanwhile: once more.
            }
        }
        throw new IOException("the files of " + from + " never stood still");
    }

    private static void delete(Path folder, boolean there) throws IOException {
        if (!there) {
            return;
        }
        List<Path> all;
        try (Stream<Path> found = Files.walk(folder)) {
            all = found.sorted(java.util.Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }
}
