package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.RowValue;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;

/// Rows of the table `log`: the history, one row a change, and the only place of values.
///
/// Key: main revision (8 bytes) and sub-revision (8 bytes), big endian. Value: kind (1 byte: put or tombstone);
/// 0 for a change that replaced nothing, else 1 more than the distance to the main revision of the version that
/// it replaced, and that version's sub-revision; then of a put the record ([RecordFormat]), of a tombstone the
/// key behind its length. Numbers are of variable length.
///
/// Everything stands before the value: whoever needs no value reads the [#head] alone.
final class LogRow {
    static final byte PUT = 3;
    static final byte TOMBSTONE = 4;

    /// Bytes of a row that are read for its head at first: enough for all numbers and a key of usual length.
    static final int HEAD = 192;

    private static final String ROW = "a row of the history";

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

    /// @param replaced null for none
    static RowValue put(Revision replaced, KeyValue kv) {
        return new Put(replaced, kv);
    }

    /// @param main main revision of the delete
    static RowValue tombstone(Revision replaced, Bytes key, long main) {
        return new Tombstone(replaced, key, main);
    }

    private record Put(Revision replaced, KeyValue kv) implements RowValue {
        @Override
        public int size() {
            return 1 + sizeOf(replaced, kv.modRevision()) + RecordFormat.size(kv);
        }

        @Override
        public void write(byte[] target, int offset) {
            RowWriter out = new RowWriter(target, offset).tag(PUT);
            writeReplaced(out, replaced, kv.modRevision());
            RecordFormat.write(kv, out);
        }
    }

    private record Tombstone(Revision replaced, Bytes key, long main) implements RowValue {
        @Override
        public int size() {
            return 1 + sizeOf(replaced, main) + RowWriter.sizeOfBytes(key.length());
        }

        @Override
        public void write(byte[] target, int offset) {
            RowWriter out = new RowWriter(target, offset).tag(TOMBSTONE);
            writeReplaced(out, replaced, main);
            out.bytes(key.array());
        }
    }

    private static int sizeOf(Revision replaced, long main) {
        return replaced == null ? 1 : RowWriter.sizeOf(main - replaced.main() + 1) + RowWriter.sizeOf(replaced.sub());
    }

    private static void writeReplaced(RowWriter out, Revision replaced, long main) {
        if (replaced == null) {
            out.number(0);
        } else {
            out.number(main - replaced.main() + 1).number(replaced.sub());
        }
    }

    private static Revision readReplaced(RowReader in, long main) {
        long distance = in.number();
        return distance == 0 ? null : new Revision(main - distance + 1, in.number());
    }

    /// A reader behind the kind of `value`.
    private static RowReader behindKind(byte[] value) {
        return new RowReader(ROW, value, 1);
    }

    static boolean isTombstone(byte[] value) {
        if (value.length == 0) {
            throw new CorruptRow(ROW + " is empty");
        }
        return switch (value[0]) {
            case PUT -> false;
            case TOMBSTONE -> true;
            default -> throw new CorruptRow("unknown kind " + value[0] + " in the history");
        };
    }

    /// The version that the change at main revision `main` replaced, or null.
    static Revision replaced(long main, byte[] value) {
        isTombstone(value);
        return readReplaced(behindKind(value), main);
    }

    /// The pair that the change at main revision `main` made; of a tombstone the key alone.
    static KeyValue record(long main, byte[] value) {
        boolean tombstone = isTombstone(value);
        RowReader in = behindKind(value);
        readReplaced(in, main);
        return tombstone ? deleted(in) : RecordFormat.read(value, value.length - in.left(), main);
    }

    private static KeyValue deleted(RowReader in) {
        Bytes key = Bytes.wrap(in.bytes());
        in.end();
        return new KeyValue(key, Bytes.EMPTY, 0, 0, 0, 0);
    }

    static Event event(byte[] key, byte[] value) {
        Revision revision = revision(key);
        boolean tombstone = isTombstone(value);
        RowReader in = behindKind(value);
        Revision replaced = readReplaced(in, revision.main());
        return tombstone
                ? new Event.Delete(revision, replaced, deleted(in).key())
                : new Event.Put(
                        revision, replaced, RecordFormat.read(value, value.length - in.left(), revision.main()));
    }

    /// What a row says before its value.
    ///
    /// @param replaced  the version that the change replaced, or null
    /// @param key       the key that was changed
    /// @param creates   whether the change is the put of a key that was not there
    record Head(Revision revision, boolean tombstone, Revision replaced, Bytes key, boolean creates) {}

    /// Reads the head of the row that `log` stands on, and not much more than that, however long the value is.
    static Head head(Cursor log) {
        Revision revision = revision(log.key());
        Head head = head(revision, log.value(HEAD));
        return head != null ? head : whole(revision, log.value());
    }

    /// The head in the first bytes of a row, null when they do not reach.
    private static Head head(Revision revision, byte[] start) {
        boolean tombstone = isTombstone(start);
        RowReader in = behindKind(start);
        Revision replaced = readReplaced(in, revision.main());
        boolean creates = false;
        if (!tombstone) {
            if (in.tag() != RecordFormat.COMPACT) {
                return null;
            }
            creates = in.number() == 0;
            in.number();
            in.number();
        }
        int length = in.count();
        return length > in.left()
                ? null
                : new Head(revision, tombstone, replaced, Bytes.wrap(in.take(length)), creates);
    }

    private static Head whole(Revision revision, byte[] value) {
        KeyValue kv = record(revision.main(), value);
        boolean tombstone = isTombstone(value);
        boolean creates = !tombstone && kv.createRevision() == kv.modRevision();
        return new Head(revision, tombstone, replaced(revision.main(), value), kv.key(), creates);
    }
}
