package io.metastore.consensus.log;

import java.nio.ByteBuffer;

/// A log file is a row of sectors, the most that a disk writes whole or not at all. Each begins with a mark:
///
/// ```
/// mark 4 | payload 508
/// ```
///
/// A frame fills whole sectors, and marks all of them with its own serial number. So when a frame does not fit
/// its checksum, the marks tell why: if one of its sectors bears an older mark, a crash kept it from the disk
/// and the frame was never acknowledged; if all bear its own, all were written, and what they hold has changed
/// since.
///
/// Example: frame 71 fills sectors 12 to 14. Marks 71, 71, 71 and a wrong checksum are damage; marks 71, 0, 71
/// or, in a file that is used again, 71, 38, 71 are a torn write.
final class Sectors {
    static final int BYTES = 512;
    static final int MARK = Integer.BYTES;
    static final int PAYLOAD = BYTES - MARK;

    private Sectors() {}

    /// How many sectors hold so many bytes.
    static int holding(int bytes) {
        return (bytes + PAYLOAD - 1) / PAYLOAD;
    }

    /// A frame's serial number as the mark of its sectors. Never 0, the mark of what was never written: see
    /// [#following].
    static int mark(long serial) {
        return (int) serial;
    }

    /// The serial number after this one.
    static long following(long serial) {
        return mark(serial + 1) == 0 ? serial + 2 : serial + 1;
    }

    /// Whether a mark is that of a frame after `serial`, not of an old one in a file that is used again. A file
    /// holds fewer frames than the 16 million that are looked ahead.
    static boolean isLater(int mark, long serial) {
        int ahead = mark - mark(serial);
        return mark != 0 && ahead > 0 && ahead < 1 << 24;
    }

    /// Puts what is left of `bytes` into sectors at the position of `target`; the rest of the last is zeros.
    static void split(ByteBuffer bytes, int mark, ByteBuffer target) {
        int limit = bytes.limit();
        while (bytes.hasRemaining()) {
            target.putInt(mark);
            bytes.limit(Math.min(limit, bytes.position() + PAYLOAD));
            target.put(bytes);
            bytes.limit(limit);
        }
        while (target.position() % BYTES != 0) {
            target.put((byte) 0);
        }
    }
}
