package io.metastore.consensus.log;

import io.metastore.consensus.log.FrameReader.Found;
import io.metastore.consensus.log.LogIndex.Place;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jboss.logging.Logger;

/// Reads the whole log once, when it is opened: what was acknowledged and is not yet in the state is nowhere
/// else. The newest file may end with a frame that a crash tore, which is erased; anything else that is not as
/// it was written is damage.
final class Recovery {
    private static final Logger LOG = Logger.getLogger(Recovery.class);

    private final Deque<Segment> segments = new ArrayDeque<>();
    private LogIndex index = new LogIndex(1, 1);
    private long serial = 1;
    /// The last frame, null when there is none.
    private Place last;

    private int lastSectors;
    private boolean sealed;
    private boolean emptied;
    /// Sector behind the last one of a torn frame, 0 when there is none.
    private int torn;

    private Recovery() {}

    /// @throws EngineFailure naming the file that is damaged; no file is open then
    static Recovery of(LogFolder folder) throws IOException {
        Recovery recovery = new Recovery();
        try {
            recovery.run(folder);
            return recovery;
        } catch (IOException | RuntimeException failure) {
            for (Segment segment : recovery.segments) {
                segment.close();
            }
            throw failure;
        }
    }

    /// The files in use, the oldest first.
    Deque<Segment> segments() {
        return segments;
    }

    LogIndex index() {
        return index;
    }

    /// Of the next frame.
    long serial() {
        return serial;
    }

    private void run(LogFolder folder) throws IOException {
        List<Path> files = folder.inUse();
        if (files.isEmpty()) {
            return;
        }
        for (Path file : files) {
            segments.add(Segment.open(file));
        }
        checkNumbers(folder);
        Segment.Header oldest = segments.getFirst().header();
        index = new LogIndex(oldest.first(), oldest.next());
        for (Segment segment : List.copyOf(segments)) {
            checkFollows(segment);
            try (FrameReader reader = new FrameReader(segment, segment.header().sectors())) {
                frames(segment, reader);
            }
            if (!sealed && segment != segments.getLast()) {
                dropUnused(segment);
                break;
            }
        }
        if (sealed) {
            throw missing(folder, segments.getLast().header().number() + 1);
        }
        // Only files whose entries all lie before the first are taken out of use; see RaftLog.
        if (index.first() < oldest.next() && !emptied) {
            throw missing(folder, oldest.number() - 1);
        }
        index.settle();
        settle();
    }

    private void checkNumbers(LogFolder folder) throws IOException {
        long number = 0;
        for (Segment segment : segments) {
            long own = segment.header().number();
            if (!segment.file().equals(folder.inUse(own))) {
                throw Damage.at(segment, 0, "the file says that its number is " + own);
            }
            if (number > 0 && own != number + 1) {
                throw missing(folder, number + 1);
            }
            number = own;
        }
    }

    private static EngineFailure missing(LogFolder folder, long number) {
        return Damage.of("a file of the raft log, " + folder.inUse(number) + ", is missing");
    }

    /// A file that is not sealed is followed by one when a crash came between putting that to use and sealing this.
    /// Nothing was written to it then.
    private void dropUnused(Segment unsealed) throws IOException {
        Segment newest = segments.getLast();
        if (newest.header().number() != unsealed.header().number() + 1 || !isUnused(newest)) {
            throw Damage.at(unsealed, unsealed.used(), "the file ends before its last frame, but newer files go on");
        }
        segments.removeLast().close();
        Files.delete(newest.file());
        FolderNames.sync(newest.file().getParent());
    }

    private static boolean isUnused(Segment segment) throws IOException {
        long serial = segment.header().serial();
        try (FrameReader reader = new FrameReader(segment, segment.header().sectors())) {
            for (int sector = Segment.FRAMES; sector < segment.header().sectors(); sector++) {
                int mark = reader.mark(sector);
                if (mark == Sectors.mark(serial) || Sectors.isLater(mark, serial)) {
                    return false;
                }
            }
        }
        return true;
    }

    private void checkFollows(Segment segment) {
        Segment.Header header = segment.header();
        boolean isOldest = segment == segments.getFirst();
        if (!isOldest && (header.serial() != serial || header.next() != index.next())) {
            throw Damage.at(
                    segment,
                    0,
                    "the file goes on at index " + header.next() + " with frame " + header.serial()
                            + ", the one before it ends before index " + index.next() + " and frame " + serial);
        }
        serial = header.serial();
        sealed = false;
        torn = 0;
    }

    private void frames(Segment segment, FrameReader reader) throws IOException {
        int sector = Segment.FRAMES;
        while (!sealed && sector < segment.header().sectors()) {
            switch (reader.frame(sector, serial)) {
                case Found.Whole(Frame frame) -> {
                    take(segment, sector, frame);
                    last = new Place(segment, sector, serial);
                    lastSectors = frame.sectors();
                    sector += frame.sectors();
                    serial = Sectors.following(serial);
                }
                case Found.Damaged(String what) -> throw Damage.at(segment, sector, what);
                case Found.Nothing() -> {
                    lookBehind(segment, reader, sector);
                    segment.use(sector);
                    return;
                }
            }
        }
        segment.use(sector);
    }

    private void take(Segment segment, int sector, Frame frame) {
        switch (frame.kind()) {
            case ENTRIES -> {
                if (frame.index() != index.next()) {
                    throw Damage.at(
                            segment,
                            sector,
                            "entry " + frame.index() + " stands where entry " + index.next() + " belongs");
                }
                index.entries(frame.entries(), new Place(segment, sector, serial));
            }
            case FROM -> index.beginsAt(frame.index());
            case TO -> index.endsAt(frame.index());
            case ANEW -> {
                index.anew(frame.index());
                emptied = true;
            }
            case SEALED -> sealed = true;
        }
    }

    /// Behind the last frame there may be sectors of one that was not written whole, and then of no later one: that
    /// is begun only when the one before is on the disk.
    private void lookBehind(Segment segment, FrameReader reader, int end) throws IOException {
        for (int sector = end; sector < segment.header().sectors(); sector++) {
            int mark = reader.mark(sector);
            if (Sectors.isLater(mark, serial)) {
                throw Damage.at(segment, end, "a frame is missing, but there is a later one behind it");
            }
            if (mark == Sectors.mark(serial)) {
                torn = sector + 1;
            }
        }
    }

    /// The last frame may have been read from memory of the system that the disk has not got: a process may have
    /// ended between writing and syncing it, or the sync may have failed. From here on it counts as written, so it
    /// is written again. All frames before it were synced before it was begun.
    private void settle() throws IOException {
        if (last != null) {
            last.segment().writeAgain(last.sector(), lastSectors, Sectors.mark(last.serial()));
            last.segment().sync();
        }
        Segment newest = segments.getLast();
        if (torn > 0) {
            LOG.infof(
                    "%s ends with part of a frame at byte %d, as a crash leaves it: that was never acknowledged and"
                            + " is dropped",
                    newest.file(), (long) newest.used() * Sectors.BYTES);
            newest.erase(newest.used(), torn);
            newest.sync();
        }
    }
}
