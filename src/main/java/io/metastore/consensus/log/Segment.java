package io.metastore.consensus.log;

import io.metastore.engine.EngineFailure;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// One file of the log. Its length is fixed and all of it was written before it was put to use, so that a sync
/// of a frame concerns nothing but the frame's own bytes: no length, no place on the disk.
///
/// first sector:  "MetaLog1" | sectors 4 | number 8 | serial 8 | first 8 | next 8 | checksum 4 | zeros
/// then frames, each from a sector on; behind them zeros, or what the file held in an earlier life
final class Segment implements AutoCloseable {
    /// Sector of the first frame.
    static final int FRAMES = 1;

    private static final long MAGIC = 0x4d6574614c6f6731L;
    private static final int HEADER = 48;

    private final Path file;
    private final FileChannel channel;
    private final Header header;
    private int used = FRAMES;
    /// How many read from the file now, guarded by the log.
    private int readers;

    private Segment(Path file, FileChannel channel, Header header) {
        this.file = file;
        this.channel = channel;
        this.header = header;
    }

    /// What a file says of itself, written once when it is put to use.
    ///
    /// @param sectors length of the file
    /// @param number  of the file: that of the one before and one more
    /// @param serial  of its first frame
    /// @param first   index of the log's first entry at that time
    /// @param next    index that the next entry had at that time
    record Header(int sectors, long number, long serial, long first, long next) {
        private ByteBuffer sector() {
            ByteBuffer sector = ByteBuffer.allocate(Sectors.BYTES);
            sector.putLong(MAGIC)
                    .putInt(sectors)
                    .putLong(number)
                    .putLong(serial)
                    .putLong(first)
                    .putLong(next);
            return sector.putInt(Frame.checksum(sector.array(), 0, HEADER - 4)).clear();
        }

        /// Null when it is none.
        private static Header of(ByteBuffer sector) {
            if (sector.getLong(0) != MAGIC || sector.getInt(HEADER - 4) != Frame.checksum(sector.array(), 0, 44)) {
                return null;
            }
            return new Header(
                    sector.getInt(8), sector.getLong(12), sector.getLong(20), sector.getLong(28), sector.getLong(36));
        }
    }

    /// Opens a file that is in use.
    ///
    /// @throws EngineFailure when its first sector is damaged, or its length is not what that says
    static Segment open(Path file) throws IOException {
        return open(file, FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    /// Like [#open], for looking at it only.
    static Segment openToRead(Path file) throws IOException {
        return open(file, FileChannel.open(file, StandardOpenOption.READ));
    }

    private static Segment open(Path file, FileChannel channel) throws IOException {
        try {
            long size = channel.size();
            if (size < Sectors.BYTES) {
                throw Damage.at(file, size, "the file ends in the middle of its first sector");
            }
            ByteBuffer sector = ByteBuffer.allocate(Sectors.BYTES);
            fill(file, channel, sector, 0);
            Header header = Header.of(sector);
            if (header == null) {
                throw Damage.at(file, 0, "the file's first sector does not fit its checksum");
            }
            long wanted = (long) header.sectors * Sectors.BYTES;
            if (size != wanted) {
                throw Damage.at(file, size, "the file has " + size + " bytes, it was made with " + wanted);
            }
            return new Segment(file, channel, header);
        } catch (IOException | EngineFailure failure) {
            channel.close();
            throw failure;
        }
    }

    /// Gives a file that is not in use a new header, synced.
    static void begin(Path file, Header header) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            put(channel, header.sector(), 0);
            channel.force(false);
        }
    }

    Path file() {
        return file;
    }

    Header header() {
        return header;
    }

    /// The sector after the last frame.
    int used() {
        return used;
    }

    void use(int sectors) {
        used = sectors;
    }

    /// Counts one who reads from the file, which must not be used again before [#left].
    void entered() {
        readers++;
    }

    void left() {
        readers--;
    }

    boolean isRead() {
        return readers > 0;
    }

    /// Whether a frame has room, and one more behind it that seals the file.
    boolean hasRoom(int sectors) {
        return sectors < header.sectors - used;
    }

    /// Writes the rest of `sectors` behind the last frame and syncs it. They are in use when [#use] says so.
    void write(ByteBuffer sectors) throws IOException {
        put(channel, sectors, (long) used * Sectors.BYTES);
        channel.force(false);
    }

    /// Writes sectors once more as they are, each with its mark.
    void writeAgain(int from, int count, int mark) throws IOException {
        ByteBuffer sectors = ByteBuffer.allocate(count * Sectors.BYTES);
        read(from, sectors);
        for (int i = 0; i < count; i++) {
            sectors.putInt(i * Sectors.BYTES, mark);
        }
        put(channel, sectors.flip(), (long) from * Sectors.BYTES);
    }

    /// Makes sectors what they are in a new file.
    void erase(int from, int to) throws IOException {
        put(channel, ByteBuffer.allocate((to - from) * Sectors.BYTES), (long) from * Sectors.BYTES);
    }

    void sync() throws IOException {
        channel.force(false);
    }

    /// Fills `target` from sector `from` on, through the channel that is written through.
    void read(int from, ByteBuffer target) throws IOException {
        fill(file, channel, target, (long) from * Sectors.BYTES);
    }

    private static void put(FileChannel channel, ByteBuffer bytes, long offset) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /// Fills what is left of `target` from byte `offset` of a file on.
    static void fill(Path file, FileChannel channel, ByteBuffer target, long offset) throws IOException {
        long at = offset;
        while (target.hasRemaining()) {
            int read = channel.read(target, at);
            if (read < 0) {
                throw new EOFException(file + " ends at byte " + at);
            }
            at += read;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
