package io.metastore.consensus.log;

import io.metastore.engine.DiskSpace;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/// The files of the log and their names.
///
/// 000000000000001a.log     number 26, in use
/// 0000000000000004.spare   written to its whole length, to be used next: filled with zeros, or used before
/// 000000000000001b.new     being filled
///
/// Files are used again as they are: to fill each with zeros first would write everything twice.
final class LogFolder {
    private static final String IN_USE = ".log";
    private static final String SPARE = ".spare";
    private static final String NEW = ".new";
    /// As much as is written between two snapshots, by default; what is cut off beyond that is deleted.
    private static final int SPARES_MAX = 16;
    /// So many are kept however small or full the disk is: the log goes on in them when nothing else can be written.
    private static final int SPARES_MIN = 2;
    /// All spare files together take no more than this part of the disk.
    private static final int SPARES_SHARE = 32;
    /// So much is written at once when a file is filled. Linux keeps it together in memory as it came, and counts all
    /// of it as written again when a sector of it is.
    private static final int PIECE_BYTES = 4 << 10;
    /// So much is filled between two syncs. Others get their turn at the disk there.
    private static final int SYNCED_BYTES = 256 << 10;

    private final Path folder;
    private final SegmentSizes sizes;
    private final DiskSpace disk;
    private final Deque<Spare> spares = new ArrayDeque<>();

    /// A file that can be put to use. That it is out of use is on the disk: else a crash could bring it back under its
    /// old name with its new content.
    private record Spare(Path file, int sectors) {}

    private LogFolder(Path folder, SegmentSizes sizes, DiskSpace disk) {
        this.folder = folder;
        this.sizes = sizes;
        this.disk = disk;
    }

    /// Looks through a folder, which need not exist, and deletes what a crash has left half made.
    ///
    /// @throws EngineFailure when it holds a log of another format
    static LogFolder open(Path folder, SegmentSizes sizes, DiskSpace disk) throws IOException {
        LogFolder found = new LogFolder(folder, sizes, disk);
        if (Files.exists(folder.resolve("CURRENT"))) {
            throw new EngineFailure(
                    EngineFailure.Kind.OTHER_FORMAT,
                    "the raft log in " + folder + " is a RocksDB database, as MetaStore kept it at first: this"
                            + " version keeps it in files of its own and cannot read that one",
                    null);
        }
        for (Path file : found.list(NEW)) {
            Files.delete(file);
        }
        List<Path> spares = found.list(SPARE);
        if (!spares.isEmpty()) {
            FolderNames.sync(folder);
        }
        for (Path file : spares) {
            if (Files.size(file) == (long) sizes.full() * Sectors.BYTES) {
                found.spares.add(new Spare(file, sizes.full()));
            } else {
                Files.delete(file);
            }
        }
        return found;
    }

    /// A folder that is only looked at: nothing is deleted, nothing may be begun.
    static LogFolder lookingAt(Path folder) {
        return new LogFolder(folder, SegmentSizes.DEFAULT, DiskSpace.unbounded());
    }

    Path path() {
        return folder;
    }

    /// Files in use, the oldest first.
    List<Path> inUse() throws IOException {
        return list(IN_USE);
    }

    Path inUse(long number) {
        return file(number, IN_USE);
    }

    private List<Path> list(String suffix) throws IOException {
        if (Files.notExists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return new ArrayList<>(
                    files.filter(file -> file.getFileName().toString().matches("[0-9a-f]{16}\\" + suffix))
                            .sorted()
                            .toList());
        }
    }

    private Path file(long number, String suffix) {
        return folder.resolve("%016x%s".formatted(number, suffix));
    }

    /// Puts the next file to use.
    ///
    /// @param sectors that it must have room for at least
    Segment begin(int sectors, long number, long serial, long first, long next) throws IOException {
        int length = Math.max(sectors, sizes.of(number));
        Path spare = takeSpare(length);
        if (spare == null) {
            Files.createDirectories(folder);
            FolderNames.sync(folder.getParent());
            spare = fill(number, length);
        }
        Segment.begin(spare, new Segment.Header(length, number, serial, first, next));
        Path file = inUse(number);
        Files.move(spare, file, StandardCopyOption.ATOMIC_MOVE);
        FolderNames.sync(folder);
        return Segment.open(file);
    }

    private synchronized Path takeSpare(int sectors) {
        for (Spare spare : spares) {
            if (spare.sectors == sectors) {
                spares.remove(spare);
                return spare.file;
            }
        }
        return null;
    }

    private synchronized boolean hasSpare(int sectors) {
        return spares.stream().anyMatch(spare -> spare.sectors == sectors);
    }

    private synchronized int spares() {
        return spares.size();
    }

    private synchronized void addSpare(Path file, int sectors) {
        spares.add(new Spare(file, sectors));
    }

    /// Makes the file that will have `number`, unless there is one that can be used.
    void prepare(long number) throws IOException {
        int sectors = sizes.of(number);
        if (!hasSpare(sectors)) {
            Path spare = file(number, SPARE);
            Files.move(fill(number, sectors), spare, StandardCopyOption.ATOMIC_MOVE);
            FolderNames.sync(folder);
            addSpare(spare, sectors);
        }
    }

    /// A file of zeros, all of it on the disk. When that is full, what is held in reserve for this makes room.
    private Path fill(long number, int sectors) throws IOException {
        try {
            return write(number, sectors);
        } catch (IOException failure) {
            if (!disk.release()) {
                throw failure;
            }
            return write(number, sectors);
        }
    }

    private Path write(long number, int sectors) throws IOException {
        Path file = file(number, NEW);
        ByteBuffer zeros = ByteBuffer.allocate(PIECE_BYTES);
        long bytes = (long) sectors * Sectors.BYTES;
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (long filled = 0; filled < bytes; ) {
                filled += channel.write(zeros.clear().limit((int) Math.min(PIECE_BYTES, bytes - filled)));
                if (filled % SYNCED_BYTES == 0) {
                    channel.force(false);
                }
            }
            channel.force(true);
        } catch (IOException failure) {
            Files.deleteIfExists(file);
            throw failure;
        }
        return file;
    }

    /// Puts a file aside whose entries were all cut off. Nobody finds it in use after this, whatever happens then.
    void retire(Segment segment) throws IOException {
        segment.close();
        int sectors = segment.header().sectors();
        Path spare = file(segment.header().number(), SPARE);
        boolean kept = sectors == sizes.full() && spares() < sparesMax() && Files.notExists(spare);
        if (kept) {
            Files.move(segment.file(), spare, StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.deleteIfExists(segment.file());
        }
        FolderNames.sync(folder);
        if (kept) {
            addSpare(spare, sectors);
        }
    }

    private int sparesMax() {
        long file = (long) sizes.full() * Sectors.BYTES;
        return (int) Math.clamp(disk.total() / SPARES_SHARE / file, SPARES_MIN, SPARES_MAX);
    }

    /// Deletes spare files that the log can do without.
    void dropSpares() throws IOException {
        while (spares() > SPARES_MIN) {
            Files.deleteIfExists(takeSpare(sizes.full()));
        }
    }
}
