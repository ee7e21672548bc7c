package io.metastore.engine.rocksdb;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/// Looks through a file in which RocksDB keeps records one behind another: a write-ahead log or a manifest.
///
/// RocksDB takes a record that runs beyond the end of its file for one that a crash cut short, and drops it in
/// silence. It sees the same when a bit of a record's length has flipped, and then drops this record and up to
/// 32 KiB of records behind it, although all of them were written and synced. Here the two are told apart: the
/// checksum of a record that was cut short fits no beginning of what is left of it, that of a record with a
/// wrong length fits the beginning that has the right one.
///
/// The form: blocks of 32 KiB; in them fragments, each a masked CRC-32C of type and payload (4 bytes, little
/// endian), the payload's length (2 bytes, little endian), a type and the payload. A fragment is a whole
/// record or the first, a middle or the last part of one. Fewer than 7 bytes at the end of a block are left
/// unused.
final class RecordFile {
    private static final int BLOCK = 32 << 10;
    private static final int HEADER = 7;
    private static final int WHOLE = 1;
    private static final int FIRST = 2;
    private static final int MIDDLE = 3;
    private static final int LAST = 4;
    private static final int CHECKSUM_MASK = 0xa282ead8;
    private static final VarHandle INT_LE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT_LE =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private final InputStream in;
    private final byte[] block = new byte[BLOCK];
    private final CRC32C checksum = new CRC32C();
    private long blockStart;
    private long recordStart;
    private boolean inRecord;
    private long records;

    private RecordFile(InputStream in) {
        this.in = in;
    }

    /// What was found in a file.
    sealed interface Finding {
        /// Every byte belongs to a record whose checksum fits.
        ///
        /// @param records how many there are
        record Sound(long records) implements Finding {}

        /// Sound, but for a record at the end that a crash cut short: it was never synced.
        ///
        /// @param records how many there are before that
        /// @param offset  where it begins
        record Torn(long records, long offset) implements Finding {}

        /// The file holds what was never written to it.
        ///
        /// @param offset where it begins
        record Damaged(long offset, String what) implements Finding {}
    }

    static Finding check(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new RecordFile(in).run();
        }
    }

    private Finding run() throws IOException {
        while (true) {
            int size = in.readNBytes(block, 0, BLOCK);
            Finding finding = block(size);
            if (finding != null) {
                return finding;
            }
            if (size < BLOCK) {
                return inRecord ? new Finding.Torn(records, recordStart) : new Finding.Sound(records);
            }
            blockStart += BLOCK;
        }
    }

    /// Looks through a block, null when it is sound and nothing is known yet of the file.
    private Finding block(int size) throws IOException {
        int at = 0;
        while (size - at >= HEADER) {
            int length = Short.toUnsignedInt((short) SHORT_LE.get(block, at + 4));
            if (length == 0 && block[at + 6] == 0) {
                return zeros(at, size);
            }
            if (length > size - at - HEADER) {
                return tooLong(at, size, length);
            }
            checksum.reset();
            checksum.update(block, at + 6, length + 1);
            if (masked() != (int) INT_LE.get(block, at)) {
                return damaged(at, "a record does not fit its checksum");
            }
            Finding misplaced = place(block[at + 6], at);
            if (misplaced != null) {
                return misplaced;
            }
            at += HEADER + length;
        }
        return size < BLOCK && at < size ? torn(at) : null;
    }

    private Finding place(int type, int at) {
        if (type < WHOLE || type > LAST) {
            return null; // says something about the file
        }
        boolean begins = type == WHOLE || type == FIRST;
        if (begins == inRecord) {
            return damaged(at, begins ? "a record begins within another" : "a part of a record lacks its beginning");
        }
        if (begins) {
            recordStart = blockStart + at;
        }
        inRecord = type == FIRST || type == MIDDLE;
        if (!inRecord) {
            records++;
        }
        return null;
    }

    /// A record that says it is longer than the file.
    private Finding tooLong(int at, int size, int length) {
        if (size == BLOCK) {
            return damaged(at, "a record has " + length + " bytes, more than its block");
        }
        int wanted = (int) INT_LE.get(block, at);
        checksum.reset();
        for (int end = at + 6; end < size; end++) {
            checksum.update(block[end]);
            if (masked() == wanted) {
                return damaged(
                        at,
                        "the length of a record says " + length + " bytes, its checksum fits "
                                + (end - at - HEADER + 1));
            }
        }
        return torn(at);
    }

    /// Zeros up to the end of the file are space that was never written to.
    private Finding zeros(int at, int size) throws IOException {
        int filled = size;
        int from = at;
        while (true) {
            for (int i = from; i < filled; i++) {
                if (block[i] != 0) {
                    return damaged(at, "a record is blank, but there is more behind it");
                }
            }
            if (filled < BLOCK) {
                return torn(at);
            }
            filled = in.readNBytes(block, 0, BLOCK);
            from = 0;
        }
    }

    private int masked() {
        int value = (int) checksum.getValue();
        return Integer.rotateRight(value, 15) + CHECKSUM_MASK;
    }

    private Finding torn(int at) {
        return new Finding.Torn(records, inRecord ? recordStart : blockStart + at);
    }

    private Finding damaged(int at, String what) {
        return new Finding.Damaged(blockStart + at, what);
    }
}
