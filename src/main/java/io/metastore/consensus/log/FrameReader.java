package io.metastore.consensus.log;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Reads the frames of one file, many sectors at a time.
final class FrameReader {
    private static final int WINDOW = 256;

    private final Segment segment;
    private final int end;
    private final ByteBuffer window;
    private int start;
    private int held;

    /// @param end sector up to which the file is read; what stands there must not change while this is used
    FrameReader(Segment segment, int end) {
        this.segment = segment;
        this.end = end;
        this.window = ByteBuffer.allocateDirect(Math.min(WINDOW, end) * Sectors.BYTES);
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

    int end() {
        return end;
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
            segment.read(sector, window);
            start = sector;
            held = window.limit() / Sectors.BYTES;
        }
        return (sector - start) * Sectors.BYTES;
    }
}
