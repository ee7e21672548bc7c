package io.metastore.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/// The room that the file system of a data directory has, and how much of it is held back: what deletes, compactions,
/// the flushes that follow and an alarm need when everything else is full.
///
/// Part of what is held back is a file, `reserve`, since a number alone keeps no other program from taking all there
/// is. It is there only while the disk is filling up, and deleted at the first write that finds no room.
///
/// Any thread asks and releases; one thread fills the file again. Nothing here waits for room but [#awaitRoom].
public final class DiskSpace {
    private static final Logger LOG = Logger.getLogger(DiskSpace.class);
    private static final String FILE = "reserve";
    private static final String NEW = "reserve.new";
    /// What a flush of all memtables, a checkpoint's own files and a file of the raft log take, with some to spare.
    private static final long FILE_BYTES = 32L << 20;
    /// So much is written between two syncs: who syncs an entry meanwhile waits for no more than this.
    private static final int PIECE_BYTES = 256 << 10;
    /// With less than this a file system counts as full: files of a few kilobytes may not fit.
    private static final long FULL_BYTES = 4L << 20;

    private static final long LEAST_RESERVE = 64L << 20;
    private static final long MOST_RESERVE = 512L << 20;
    private static final long PAUSE_MS = 200;
    private static final long SAID_AGAIN_NANOS = 10_000_000_000L;

    private final Path folder;
    private final Disk disk;
    private final long total;
    private final long reserve;
    private volatile boolean filled;
    private volatile long failedNanos;
    private volatile boolean failed;
    private volatile boolean closed;

    /// What is asked about a disk.
    interface Disk {
        long total() throws IOException;

        /// Bytes that may still be written.
        long usable() throws IOException;
    }

    /// File systems of which each must have room.
    private record FileSystems(List<FileStore> stores) implements Disk {
        @Override
        public long total() throws IOException {
            long least = Long.MAX_VALUE;
            for (FileStore store : stores) {
                least = Math.min(least, store.getTotalSpace());
            }
            return least;
        }

        @Override
        public long usable() throws IOException {
            long least = Long.MAX_VALUE;
            for (FileStore store : stores) {
                least = Math.min(least, store.getUsableSpace());
            }
            return least;
        }
    }

    private DiskSpace(Path folder, Disk disk, long total, long reserve) {
        this.folder = folder;
        this.disk = disk;
        this.total = total;
        this.reserve = reserve;
        this.filled = Files.exists(folder.resolve(FILE));
    }

    /// Looks at the file systems of `folder` and of those folders below it that are there.
    ///
    /// @param reserve bytes to hold back; 0: an eighth of the file system, from 64 to 512 MiB; negative: nothing
    public static DiskSpace of(Path folder, List<Path> below, long reserve) throws IOException {
        List<FileStore> stores = new ArrayList<>();
        stores.add(Files.getFileStore(folder));
        for (Path path : below) {
            FileStore store = Files.exists(path) ? Files.getFileStore(path) : stores.getFirst();
            if (!stores.contains(store)) {
                stores.add(store);
            }
        }
        return of(folder, new FileSystems(List.copyOf(stores)), reserve);
    }

    static DiskSpace of(Path folder, Disk disk, long reserve) throws IOException {
        long total = disk.total();
        long chosen = reserve == 0 ? Math.clamp(total / 8, LEAST_RESERVE, MOST_RESERVE) : Math.max(0, reserve);
        Files.deleteIfExists(folder.resolve(NEW));
        return new DiskSpace(folder, disk, total, chosen);
    }

    /// Room without end, for what is not kept in a data directory.
    public static DiskSpace unbounded() {
        return new DiskSpace(Path.of("/nowhere"), new FileSystems(List.of()), Long.MAX_VALUE, 0);
    }

    /// Bytes of the smallest of the file systems.
    public long total() {
        return total;
    }

    /// Bytes held back: with less than this left, what takes space is refused. 0: never.
    public long reserve() {
        return reserve;
    }

    /// Bytes that may still be written to the fullest of the file systems, those of the file in reserve not counted.
    public long usable() throws IOException {
        return disk.usable();
    }

    /// Bytes of the file in reserve that are there to be released.
    public long held() {
        return filled ? FILE_BYTES : 0;
    }

    /// Whether a write has found no room within the last so many nanoseconds.
    public boolean failedWithin(long nanos) {
        return failed && System.nanoTime() - failedNanos < nanos;
    }

    /// Gives up the file in reserve, since a write found no room; true when that has made some.
    public boolean release() {
        failedNanos = System.nanoTime();
        failed = true;
        return giveUp();
    }

    /// Gives up the file in reserve when there is next to no room, before something that must not fail.
    ///
    /// @return whether there is room for small files now
    public boolean ensureSome() throws IOException {
        return ensure(FULL_BYTES);
    }

    /// Gives up the file in reserve when less than so many bytes may be written, before something that had better not
    /// begin than fail.
    ///
    /// @return whether there is room for them now
    public boolean ensure(long bytes) throws IOException {
        return usable() >= bytes || (giveUp() && usable() >= bytes);
    }

    private synchronized boolean giveUp() {
        try {
            boolean there = Files.deleteIfExists(folder.resolve(FILE));
            filled = false;
            if (there) {
                LOG.warnf("the disk is full: %s, kept for this, is deleted", folder.resolve(FILE));
            }
            return there;
        } catch (IOException failure) {
            LOG.errorf("%s, kept for a full disk, cannot be deleted: %s", folder.resolve(FILE), failure);
            return false;
        }
    }

    /// Makes the file in reserve when the disk fills up and there is room for it still, deletes it when the disk is far
    /// from full. Called now and then by one thread; takes as long as writing the file does.
    public void keep() throws IOException {
        long usable = usable();
        if (reserve < 2 * FILE_BYTES) {
            return;
        }
        if (!filled && usable < 4 * reserve && usable >= reserve + FILE_BYTES && !failedWithin(SAID_AGAIN_NANOS)) {
            fill();
        } else if (filled && usable > 8 * reserve) {
            synchronized (this) {
                Files.deleteIfExists(folder.resolve(FILE));
                filled = false;
            }
        }
    }

    private void fill() throws IOException {
        Path file = folder.resolve(NEW);
        ByteBuffer zeros = ByteBuffer.allocate(PIECE_BYTES);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (long written = 0; written < FILE_BYTES && !closed; ) {
                written += channel.write(zeros.clear());
                channel.force(false);
            }
        } catch (IOException failure) {
            Files.deleteIfExists(file);
            throw failure;
        }
        synchronized (this) {
            Files.move(file, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
            filled = true;
        }
    }

    /// What is tried again after it found no room.
    public interface Attempt {
        /// True when it worked; false when there was no room again.
        boolean works();
    }

    /// Lets something that found no room try again: at once with the room of the file in reserve, then five times a
    /// second until it works. The thread waits; everything that was acknowledged is in the raft log meanwhile.
    ///
    /// @return false when this was closed first
    public boolean awaitRoom(String what, Attempt attempt) {
        long said = System.nanoTime() - SAID_AGAIN_NANOS;
        boolean released = release();
        while (!closed) {
            if (attempt.works()) {
                LOG.infof("%s: there is room again", what);
                return true;
            }
            if (!released) {
                if (System.nanoTime() - said >= SAID_AGAIN_NANOS) {
                    LOG.errorf("%s: no space left on the disk, waiting for some: make room in %s", what, folder);
                    said = System.nanoTime();
                }
                try {
                    Thread.sleep(PAUSE_MS);
                } catch (InterruptedException stopped) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            released = release();
        }
        return false;
    }

    /// Ends all waiting: the member stops.
    public void close() {
        closed = true;
    }
}
