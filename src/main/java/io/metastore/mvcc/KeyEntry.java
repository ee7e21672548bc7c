package io.metastore.mvcc;

import io.metastore.engine.RowValue;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;

/// A version of a key as the tables `keys` and `versions` know it: all but its value, which lies in `log` at
/// the mod revision.
///
/// Row of the table `keys`: format (1 byte), mod revision main and sub, how far the create revision lies before
/// it, version, lease, length of the value (numbers of variable length), then the value where it is short
/// enough for what the store keeps beside the key. A put of a key without a lease takes some 10 bytes.
///
/// @param lease       0 also where it is not known: a superseded version has it in `log` alone
/// @param valueLength bytes of the value, so that what a read will take is known before it takes it
/// @param value       null when it must be looked up in `log`
record KeyEntry(long createRevision, long main, long sub, long version, long lease, int valueLength, Bytes value) {
    private static final byte FORMAT = 2;
    private static final String ROW = "a row of the newest versions";

    KeyEntry(long createRevision, long main, long sub, long version, long lease, Bytes value) {
        this(createRevision, main, sub, version, lease, value.length(), value);
    }

    Revision revision() {
        return new Revision(main, sub);
    }

    KeyValue keyValue(Bytes key) {
        return new KeyValue(key, value, createRevision, main, version, lease);
    }

    KeyValue withoutValue(Bytes key) {
        return new KeyValue(key, Bytes.EMPTY, createRevision, main, version, lease);
    }

    /// Its row of the table `keys`, for which the value must be known.
    ///
    /// @param inlineMax the longest value that is written beside its key, in bytes
    RowValue row(int inlineMax) {
        return new Row(this, valueLength <= inlineMax);
    }

    private record Row(KeyEntry entry, boolean inline) implements RowValue {
        @Override
        public int size() {
            return 1
                    + RowWriter.sizeOf(entry.main)
                    + RowWriter.sizeOf(entry.sub)
                    + RowWriter.sizeOf(entry.main - entry.createRevision)
                    + RowWriter.sizeOf(entry.version)
                    + RowWriter.sizeOf(entry.lease)
                    + RowWriter.sizeOf(entry.valueLength)
                    + (inline ? entry.valueLength : 0);
        }

        @Override
        public void write(byte[] target, int offset) {
            RowWriter row = new RowWriter(target, offset)
                    .tag(FORMAT)
                    .number(entry.main)
                    .number(entry.sub)
                    .number(entry.main - entry.createRevision)
                    .number(entry.version)
                    .number(entry.lease)
                    .number(entry.valueLength);
            if (inline) {
                row.rest(entry.value.array());
            }
        }
    }

    static KeyEntry decode(byte[] row) {
        RowReader in = new RowReader(ROW, row).format(FORMAT);
        long main = in.number();
        long sub = in.number();
        long create = main - in.number();
        long version = in.number();
        long lease = in.number();
        int valueLength = in.count();
        if (in.left() != 0 && in.left() != valueLength) {
            throw new CorruptRow(ROW + " has " + in.left() + " bytes of a value of " + valueLength);
        }
        Bytes value = in.left() == valueLength ? Bytes.wrap(in.rest()) : null;
        return new KeyEntry(create, main, sub, version, lease, valueLength, value);
    }
}
