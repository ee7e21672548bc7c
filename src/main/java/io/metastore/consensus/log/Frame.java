package io.metastore.consensus.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// What is written to the log at once, and synced before the next: some entries, or a change of the log's ends.
///
/// ```
/// checksum of what follows up to the body 4 | checksum of the body 4 | serial 8 | index 8 | count 4
/// | length of the body 4 | kind 4 | body
/// ```
///
/// The body has the entries one behind another: kind 1, term 8, length 4, data. Numbers are big endian, the
/// checksums CRC-32C.
///
/// @param serial number of this frame, that of the one before and one more ([Sectors#following])
/// @param index  of the first entry; with the other kinds the index that they say
/// @param count  of entries
/// @param body   array of its own, from position 0 to the limit
record Frame(long serial, Kind kind, long index, int count, ByteBuffer body) {
    static final int HEADER = 36;

    /// Far more than anybody may propose.
    private static final int BYTES_MAX = 1 << 30;

    /// What a frame says. The numbers are those in the files and never change.
    enum Kind {
        /// Entries that follow those before.
        ENTRIES(1),
        /// The log begins at `index` from now on.
        FROM(2),
        /// The log ends at `index` from now on.
        TO(3),
        /// The log is empty, and its next entry will have `index`.
        ANEW(4),
        /// The last frame of its file: the log goes on in the next file.
        SEALED(5);

        final int number;

        Kind(int number) {
            this.number = number;
        }

        static Kind of(int number) {
            for (Kind kind : values()) {
                if (kind.number == number) {
                    return kind;
                }
            }
            return null;
        }
    }

    /// A frame's header, sound in itself.
    record Header(int bodyChecksum, long serial, long index, int count, int length, Kind kind) {
        int sectors() {
            return Sectors.holding(HEADER + length);
        }
    }

    int sectors() {
        return Sectors.holding(HEADER + body.limit());
    }

    /// Index of the last entry; `index - 1` without entries.
    long last() {
        return index + count - 1;
    }

    /// Bytes of a frame with these entries.
    ///
    /// @throws IllegalArgumentException when that is more than 1 GiB
    static int bytes(List<Entry> entries) {
        long bytes = HEADER;
        for (Entry entry : entries) {
            bytes += 1 + Long.BYTES + Integer.BYTES + entry.data().remaining();
        }
        if (bytes > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "entries of " + bytes + " bytes are too much at once for the raft log, at most " + BYTES_MAX);
        }
        return (int) bytes;
    }

    /// Writes a whole frame at the start of `target`, which has an array and at least [#bytes] of room, and makes
    /// that its content.
    static void write(ByteBuffer target, long serial, Kind kind, long index, List<Entry> entries) {
        target.clear().position(HEADER);
        for (Entry entry : entries) {
            target.put(entry.kind().number)
                    .putLong(entry.term())
                    .putInt(entry.data().remaining())
                    .put(entry.data().duplicate());
        }
        target.flip();
        int length = target.limit() - HEADER;
        target.putInt(4, checksum(target.array(), HEADER, length))
                .putLong(8, serial)
                .putLong(16, index)
                .putInt(24, entries.size())
                .putInt(28, length)
                .putInt(32, kind.number);
        target.putInt(0, checksum(target.array(), 4, HEADER - 4));
    }

    /// The header at the start of `payload`, null when it does not fit its checksum or makes no sense.
    static Header header(byte[] payload) {
        ByteBuffer header = ByteBuffer.wrap(payload);
        Kind kind = Kind.of(header.getInt(32));
        int length = header.getInt(28);
        int count = header.getInt(24);
        if (header.getInt(0) != checksum(payload, 4, HEADER - 4) || kind == null || length < 0 || count < 0) {
            return null;
        }
        return new Header(header.getInt(4), header.getLong(8), header.getLong(16), count, length, kind);
    }

    static int checksum(byte[] bytes, int from, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, from, length);
        return (int) checksum.getValue();
    }

    /// The entries, whose data stays in [#body].
    ///
    /// @throws IllegalStateException when they do not fill the body: whoever wrote it did not know this form
    List<Entry> entries() {
        List<Entry> entries = new ArrayList<>(count);
        ByteBuffer rest = body.duplicate();
        for (int i = 0; i < count; i++) {
            Entry.Kind entryKind = Entry.Kind.of(rest.get());
            long term = rest.getLong();
            int length = rest.getInt();
            if (entryKind == null || length < 0 || length > rest.remaining()) {
                throw new IllegalStateException("entry " + (index + i) + " of the raft log has an unknown form");
            }
            entries.add(new Entry(term, entryKind, rest.slice(rest.position(), length)));
            rest.position(rest.position() + length);
        }
        if (rest.hasRemaining()) {
            throw new IllegalStateException("entries of the raft log up to " + last() + " have an unknown form");
        }
        return entries;
    }
}
