package io.metastore.consensus.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/// Reads the frames of one file, many sectors at a time, through a channel of its own: Java closes a channel under a
/// thread that is interrupted, and the one that is written through must not go that way. Not safe for several threads.
final class FrameReader implements AutoCloseable {
    private static final int WINDOW = 256;

    private final Segment segment;
    private final ByteBuffer window;
    private FileChannel channel;
    private int end;
    private int start;
    private int held;

    /// @param end sector up to which the file is read; what stands there must not change while this is used
    FrameReader(Segment segment, int end) throws IOException {
        this.segment = segment;
        this.end = end;
        this.window =
                ByteBuffer.allocateDirect(Math.min(WINDOW, segment.header().sectors()) * Sectors.BYTES);
        this.channel = open();
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(segment.file(), StandardOpenOption.READ);
    }

    /// What stands where a frame is expected.
    sealed interface Found {
        record Whole(Frame frame) implements Found {}

        /// The frame was never written, or not all of it.
        record Nothing() implements Found {}

        /// It was written, and has changed since.
        record Damaged(String what) implements Found {}
    }

    Segment segment() {
        return segment;
    }

    /// More of the file is there to be read.
    void extendTo(int sector) {
        end = sector;
    }

    /// Looks for frame `serial` at a sector.
    Found frame(int sector, long serial) throws IOException {
        boolean marked = mark(sector) == Sectors.mark(serial);
        Frame.Header header = header(sector);
        if (header == null || header.serial() != serial || header.sectors() > end - sector) {
            return marked ? new Found.Damaged("the header of a frame does not fit its checksum") : new Found.Nothing();
        }
        byte[] body = new byte[header.length()];
        boolean allMarked = marked;
        for (int i = 1; i < header.sectors(); i++) {
            allMarked &= mark(sector + i) == Sectors.mark(serial);
        }
        copy(sector, Frame.HEADER, body);
        boolean fits = header.bodyChecksum() == Frame.checksum(body, 0, body.length);
        // Behind the first, a sector that the disk never got may have held the same before, zeros as a rule.
        if (fits && marked) {
            return new Found.Whole(
                    new Frame(serial, header.kind(), header.index(), header.count(), ByteBuffer.wrap(body)));
        }
        if (fits) {
            return new Found.Damaged("the first sector of a frame is not marked as the frame's");
        }
        return allMarked ? new Found.Damaged("a frame does not fit its checksum") : new Found.Nothing();
    }

    /// The header of a frame that begins at a sector; null when it does not fit its checksum, or none begins there.
    Frame.Header header(int sector) throws IOException {
        byte[] payload = new byte[Frame.HEADER];
        copy(sector, 0, payload);
        return Frame.header(payload);
    }

    int mark(int sector) throws IOException {
        return window.getInt(offset(sector));
    }

    /// Fills `target` with the payload of a frame that begins at `sector`, from byte `from` of it on.
    private void copy(int sector, int from, byte[] target) throws IOException {
        int at = from;
        for (int done = 0; done < target.length; ) {
            int within = at % Sectors.PAYLOAD;
            int length = Math.min(Sectors.PAYLOAD - within, target.length - done);
            window.get(offset(sector + at / Sectors.PAYLOAD) + Sectors.MARK + within, target, done, length);
            done += length;
            at += length;
        }
    }

    /// Where a sector stands in the window, which is moved there when it is not in it.
    private int offset(int sector) throws IOException {
        if (sector < start || sector >= start + held) {
            window.clear().limit(Math.min(window.capacity(), (end - sector) * Sectors.BYTES));
            held = 0;
            fillWindow(sector);
            start = sector;
            held = window.limit() / Sectors.BYTES;
        }
        return (sector - start) * Sectors.BYTES;
    }

    /// Reads to the end although the thread may be interrupted, and leaves it so: what was asked for is there, and
    /// whoever is not told of it would take the disk for broken.
    private void fillWindow(int sector) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    Segment.fill(segment.file(), channel, window.position(0), (long) sector * Sectors.BYTES);
                    return;
                } catch (ClosedChannelException _) {
                    interrupted |= Thread.interrupted();
                    channel = open();
                }
            }
        } catch (IOException failure) {
            throw new IOException(
                    "%s cannot be read at byte %d: %s"
                            .formatted(segment.file(), (long) sector * Sectors.BYTES, failure.getMessage()),
                    failure);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
