package io.metastore.consensus.log;

import io.metastore.consensus.log.FrameReader.Found;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Looks through the log of a member that does not run, and changes no file: what [RaftLog#open] would tidy up is
/// left as it is, and what it would refuse is told and passed over.
///
/// Every look reads the files from the beginning, so that a log of any length costs no memory. An entry counts
/// when no later frame cut it off. Example: frames 11 with entries 1–4, 12 with 5–8, 13 that cuts off what lies
/// behind 6, 14 with 7–9. Entry 7 of frame 12 does not count, since frame 13 is later and cuts from 7 on; that of
/// frame 14 does.
public final class LogScan {
    private static final int SHOWN_BYTES = 64;

    private final LogFolder folder;
    private final List<Cut> cuts = new ArrayList<>();
    private final List<Lost> lost = new ArrayList<>();
    private long first = 1;
    private long next = 1;
    private boolean begun;
    /// Damage behind which no entry has been found yet, null when there is none.
    private Lost open;

    private LogScan(LogFolder folder) {
        this.folder = folder;
    }

    /// Frame `serial` took away the entries from `index` on.
    private record Cut(long serial, long index) {}

    /// Entries that cannot be read, because something in a file is not as it was written.
    ///
    /// @param from   index of the first of them
    /// @param to     index of the last; `from - 1` when it was no entry, [Long#MAX_VALUE] when nothing sound
    /// follows
    /// @param file   where the damage is
    /// @param offset byte in it
    /// @param what   is wrong there
    /// @param bytes  the first of what stands there
    public record Lost(long from, long to, Path file, long offset, String what, ByteBuffer bytes) {
        private Lost between(long first, long last) {
            long begin = Math.max(first, from);
            return new Lost(begin, Math.max(begin - 1, last), file, offset, what, bytes);
        }
    }

    /// Told of what a log holds, in order of the index.
    public interface Reader {
        void entry(long index, Entry entry);

        void lost(Lost entries);
    }

    /// Told of what the files hold, in the order in which it was written.
    private interface Walk {
        void frame(Frame frame);

        void damaged(Path file, long offset, String what, ByteBuffer bytes);
    }

    /// Looks through a folder, which need not exist.
    ///
    /// @throws IOException when a file cannot be read at all
    public static LogScan of(Path folder) throws IOException {
        LogScan scan = new LogScan(LogFolder.lookingAt(folder));
        scan.measure();
        return scan;
    }

    /// Index of the first entry; of the one to come when the log is empty.
    public long first() {
        return first;
    }

    /// Index of the last entry that was found, `first() - 1` when the log is empty.
    public long last() {
        return next - 1;
    }

    /// What is damaged, in order of the index.
    public List<Lost> lost() {
        return List.copyOf(lost);
    }

    /// Reads the entries of a range.
    ///
    /// @param from first index
    /// @param to   last index; [Long#MAX_VALUE] for all that follow, also those that are lost at the end
    /// @throws EngineFailure when a frame was written by another version, in a form that this one does not know
    public void read(long from, long to, Reader reader) throws IOException {
        List<Lost> ahead = new ArrayList<>(lost.stream()
                .filter(gap -> gap.from() <= to && Math.max(gap.from(), gap.to()) >= from)
                .toList());
        walk(new Walk() {
            @Override
            public void frame(Frame frame) {
                if (frame.kind() != Frame.Kind.ENTRIES || frame.last() < from || frame.index() > to) {
                    return;
                }
                List<Entry> entries = entries(frame);
                for (int i = 0; i < entries.size(); i++) {
                    long index = frame.index() + i;
                    if (index >= from && index <= to && counts(index, frame.serial())) {
                        tell(index);
                        reader.entry(index, entries.get(i));
                    }
                }
            }

            private void tell(long index) {
                while (!ahead.isEmpty() && ahead.getFirst().from() <= index) {
                    reader.lost(ahead.removeFirst());
                }
            }

            @Override
            public void damaged(Path file, long offset, String what, ByteBuffer bytes) {
                // known since the first look
            }
        });
        ahead.forEach(reader::lost);
    }

    private static List<Entry> entries(Frame frame) {
        try {
            return frame.entries();
        } catch (IllegalStateException unknown) {
            throw new EngineFailure(EngineFailure.Kind.OTHER_FORMAT, unknown.getMessage(), unknown);
        }
    }

    private boolean counts(long index, long serial) {
        return index >= first
                && index < next
                && cuts.stream().noneMatch(cut -> cut.serial > serial && index >= cut.index);
    }

    private void measure() throws IOException {
        walk(new Walk() {
            @Override
            public void frame(Frame frame) {
                take(frame);
            }

            @Override
            public void damaged(Path file, long offset, String what, ByteBuffer bytes) {
                if (open == null) {
                    open = new Lost(next, Long.MAX_VALUE, file, offset, what, bytes);
                }
            }
        });
        if (open != null) {
            lost.add(open);
        }
        lost.removeIf(gap -> gap.to() < first && gap.to() >= gap.from());
    }

    private void take(Frame frame) {
        switch (frame.kind()) {
            case ENTRIES -> {
                if (open != null) {
                    lost.add(open.between(first, frame.index() - 1));
                    open = null;
                }
                if (frame.index() < next) {
                    // What cut them off was in a damaged frame.
                    cuts.add(new Cut(frame.serial(), frame.index()));
                }
                next = frame.last() + 1;
            }
            case FROM -> {
                if (frame.index() >= next) {
                    anew(frame);
                } else {
                    first = Math.max(first, frame.index());
                }
            }
            case TO -> {
                next = Math.max(first, frame.index() + 1);
                cuts.add(new Cut(frame.serial(), next));
            }
            case ANEW -> anew(frame);
            case SEALED -> {
                // says nothing of entries
            }
        }
    }

    private void anew(Frame frame) {
        first = frame.index();
        next = frame.index();
        cuts.add(new Cut(frame.serial(), 0));
    }

    private void walk(Walk walk) throws IOException {
        long expected = 0;
        boolean sealed = false;
        for (Path file : folder.inUse()) {
            long number = Long.parseUnsignedLong(file.getFileName().toString().substring(0, 16), 16);
            if (expected > 0 && number != expected) {
                walk.damaged(folder.inUse(expected), 0, "the file is missing", ByteBuffer.allocate(0));
            }
            expected = number + 1;
            try (Segment segment = Segment.openToRead(file)) {
                if (!begun) {
                    begun = true;
                    first = segment.header().first();
                    next = segment.header().next();
                }
                sealed = frames(segment, walk);
            } catch (EngineFailure damage) {
                walk.damaged(file, 0, damage.getMessage(), ByteBuffer.allocate(0));
                sealed = false;
            }
        }
        if (sealed) {
            walk.damaged(folder.inUse(expected), 0, "the file is missing", ByteBuffer.allocate(0));
        }
    }

    /// Walks through one file; true when its last frame says that the log goes on in the next.
    private static boolean frames(Segment segment, Walk walk) throws IOException {
        try (FrameReader reader = new FrameReader(segment, segment.header().sectors())) {
            return frames(segment, reader, walk);
        }
    }

    private static boolean frames(Segment segment, FrameReader reader, Walk walk) throws IOException {
        int end = segment.header().sectors();
        long serial = segment.header().serial();
        for (int sector = Segment.FRAMES; sector < end; ) {
            Found found = reader.frame(sector, serial);
            if (found instanceof Found.Whole(Frame frame)) {
                walk.frame(frame);
                if (frame.kind() == Frame.Kind.SEALED) {
                    return true;
                }
                sector += frame.sectors();
                serial = Sectors.following(serial);
                continue;
            }
            int sound = soundBehind(reader, sector, serial, end);
            if (found instanceof Found.Damaged(String what)) {
                walk.damaged(segment.file(), (long) sector * Sectors.BYTES, what, bytes(segment, sector));
            } else if (sound < end) {
                String what = "a frame is missing, but there is a later one behind it";
                walk.damaged(segment.file(), (long) sector * Sectors.BYTES, what, bytes(segment, sector));
            }
            if (sound < end) {
                serial = reader.header(sound).serial();
            }
            sector = sound;
        }
        return false;
    }

    /// The next sector where a later frame begins; `end` when none does. Within a frame a value may look like
    /// one, but there the sector before bears the same mark.
    private static int soundBehind(FrameReader reader, int damaged, long serial, int end) throws IOException {
        for (int sector = damaged + 1; sector < end; sector++) {
            int mark = reader.mark(sector);
            if (Sectors.isLater(mark, serial) && reader.mark(sector - 1) != mark) {
                Frame.Header header = reader.header(sector);
                if (header != null && header.serial() > serial && Sectors.mark(header.serial()) == mark) {
                    return sector;
                }
            }
        }
        return end;
    }

    private static ByteBuffer bytes(Segment segment, int sector) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Sectors.BYTES);
        segment.read(sector, bytes);
        return bytes.clear().slice(0, SHOWN_BYTES);
    }
}
