package io.metastore.mvcc;

import io.metastore.engine.RowValue;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.util.Arrays;

/// A live version of a key, and its row in the table `keys`.
///
/// Value of the row: format (1 byte), whether the value follows (1 byte), create revision, mod revision main
/// and sub, version, lease (8 bytes each), then the value when it is small. A large value is found in `log`
/// at the mod revision.
///
/// @param value null when it must be looked up in `log`
record KeyEntry(long createRevision, long main, long sub, long version, long lease, Bytes value) implements RowValue {
    /// Values up to this size (bytes) are kept beside their key, so that newest reads are one lookup.
    static final int INLINE_MAX = 1024;

    private static final byte FORMAT = 1;
    private static final int VALUE = 2 + 5 * 8;

    Revision revision() {
        return new Revision(main, sub);
    }

    KeyValue keyValue(Bytes key) {
        return new KeyValue(key, value, createRevision, main, version, lease);
    }

    KeyValue withoutValue(Bytes key) {
        return new KeyValue(key, Bytes.EMPTY, createRevision, main, version, lease);
    }

    private boolean isInline() {
        return value.length() <= INLINE_MAX;
    }

    @Override
    public int size() {
        return VALUE + (isInline() ? value.length() : 0);
    }

    @Override
    public void write(byte[] target, int offset) {
        target[offset] = FORMAT;
        target[offset + 1] = (byte) (isInline() ? 1 : 0);
        BigEndian.putLong(target, offset + 2, createRevision);
        BigEndian.putLong(target, offset + 10, main);
        BigEndian.putLong(target, offset + 18, sub);
        BigEndian.putLong(target, offset + 26, version);
        BigEndian.putLong(target, offset + 34, lease);
        if (isInline()) {
            System.arraycopy(value.array(), 0, target, offset + VALUE, value.length());
        }
    }

    static KeyEntry decode(byte[] row) {
        if (row.length < VALUE || row[0] != FORMAT) {
            throw new CorruptRow("a row of the newest versions has " + row.length + " bytes"
                    + (row.length == 0 ? "" : " and format " + row[0]));
        }
        Bytes value = row[1] == 1 ? Bytes.wrap(Arrays.copyOfRange(row, VALUE, row.length)) : null;
        return new KeyEntry(
                BigEndian.getLong(row, 2),
                BigEndian.getLong(row, 10),
                BigEndian.getLong(row, 18),
                BigEndian.getLong(row, 26),
                BigEndian.getLong(row, 34),
                value);
    }

    static KeyEntry of(KeyValue kv, Revision revision) {
        return new KeyEntry(kv.createRevision(), revision.main(), revision.sub(), kv.version(), kv.lease(), kv.value());
    }
}
