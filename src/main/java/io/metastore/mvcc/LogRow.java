package io.metastore.mvcc;

import io.metastore.engine.RowValue;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;

/// Rows of the table `log`: the history, one row a change.
///
/// Key: main revision (8 bytes) and sub-revision (8 bytes), big endian. Value: kind (1 byte: put or
/// tombstone), main and sub of the version that the change replaced (8 bytes each, main 0 for none), then the
/// record. The record of a tombstone holds the key alone.
final class LogRow {
    static final byte PUT = 1;
    static final byte TOMBSTONE = 2;

    private static final int RECORD = 1 + 8 + 8;

    private LogRow() {}

    static byte[] key(long main, long sub) {
        byte[] key = new byte[16];
        BigEndian.putLong(key, 0, main);
        BigEndian.putLong(key, 8, sub);
        return key;
    }

    static Revision revision(byte[] key) {
        CorruptRow.sized(key, 16, "the key of a row of the history");
        return new Revision(BigEndian.getLong(key, 0), BigEndian.getLong(key, 8));
    }

    static RowValue put(Revision replaced, KeyValue kv) {
        return new Value(PUT, replaced, kv);
    }

    static RowValue tombstone(Revision replaced, Bytes key) {
        return new Value(TOMBSTONE, replaced, new KeyValue(key, Bytes.EMPTY, 0, 0, 0, 0));
    }

    private record Value(byte kind, Revision replaced, KeyValue kv) implements RowValue {
        @Override
        public int size() {
            return RECORD + RecordFormat.size(kv);
        }

        @Override
        public void write(byte[] target, int offset) {
            target[offset] = kind;
            BigEndian.putLong(target, offset + 1, replaced == null ? 0 : replaced.main());
            BigEndian.putLong(target, offset + 9, replaced == null ? 0 : replaced.sub());
            RecordFormat.write(kv, target, offset + RECORD);
        }
    }

    static boolean isTombstone(byte[] value) {
        return switch (kind(value)) {
            case PUT -> false;
            case TOMBSTONE -> true;
            default -> throw new CorruptRow("unknown kind " + value[0] + " in the history");
        };
    }

    private static byte kind(byte[] value) {
        if (value.length < RECORD) {
            throw new CorruptRow("a row of the history has " + value.length + " bytes");
        }
        return value[0];
    }

    /// The version that the change replaced, or null.
    static Revision replaced(byte[] value) {
        kind(value);
        long main = BigEndian.getLong(value, 1);
        return main == 0 ? null : new Revision(main, BigEndian.getLong(value, 9));
    }

    static KeyValue record(byte[] value) {
        kind(value);
        return RecordFormat.read(value, RECORD);
    }

    static Event event(byte[] key, byte[] value) {
        Revision revision = revision(key);
        KeyValue kv = record(value);
        return isTombstone(value)
                ? new Event.Delete(revision, replaced(value), kv.key())
                : new Event.Put(revision, replaced(value), kv);
    }
}
