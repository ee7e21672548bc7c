package io.metastore.mvcc;

import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import java.util.Arrays;

/// How a version of a key is stored: one tag byte, then the record in that format. Every format ever written
/// stays readable; the newest is the one that is written.
///
/// | tag | record |
/// |---|---|
/// | 0 | etcd's protobuf `mvccpb.KeyValue`, as imports bring it |
/// | 1 | `[keyLen 4][key][valueLen 4][value][createRev 8][modRev 8][version 8][lease 8]`, big endian |
/// | 2 | `[modRev - createRev][version][lease][keyLen][key][value]`, numbers of variable length |
///
/// Format 2 leaves the mod revision to the key of the row, and has what a compaction needs before the value.
final class RecordFormat {
    static final byte ETCD = 0;
    static final byte FIXED = 1;
    static final byte COMPACT = 2;

    private static final String COMPACT_ROW = "a record";

    private RecordFormat() {}

    static int size(KeyValue kv) {
        return 1
                + RowWriter.sizeOf(kv.modRevision() - kv.createRevision())
                + RowWriter.sizeOf(kv.version())
                + RowWriter.sizeOf(kv.lease())
                + RowWriter.sizeOfBytes(kv.key().length())
                + kv.value().length();
    }

    /// Writes `kv`; there is room for [#size] bytes.
    static void write(KeyValue kv, RowWriter out) {
        out.tag(COMPACT)
                .number(kv.modRevision() - kv.createRevision())
                .number(kv.version())
                .number(kv.lease())
                .bytes(kv.key().array())
                .rest(kv.value().array());
    }

    /// Reads the record that fills `source` from `offset` to its end.
    ///
    /// @param main mod revision, for records that do not say it
    static KeyValue read(byte[] source, int offset, long main) {
        if (offset >= source.length) {
            throw new CorruptRow("a record is empty");
        }
        return switch (source[offset]) {
            case ETCD -> EtcdRecord.decode(source, offset + 1);
            case FIXED -> readFixed(source, offset + 1);
            case COMPACT -> readCompact(new RowReader(COMPACT_ROW, source, offset + 1), main);
            default -> throw new CorruptRow("unknown record format " + (source[offset] & 0xff));
        };
    }

    private static KeyValue readCompact(RowReader in, long main) {
        long create = main - in.number();
        long version = in.number();
        long lease = in.number();
        Bytes key = Bytes.wrap(in.bytes());
        return new KeyValue(key, Bytes.wrap(in.rest()), create, main, version, lease);
    }

    private static KeyValue readFixed(byte[] source, int offset) {
        int at = offset;
        int keyLength = length(source, at);
        at += 4;
        Bytes key = Bytes.wrap(Arrays.copyOfRange(source, at, at + keyLength));
        at += keyLength;
        int valueLength = length(source, at);
        at += 4;
        Bytes value = Bytes.wrap(Arrays.copyOfRange(source, at, at + valueLength));
        at += valueLength;
        if (source.length - at != 4 * 8) {
            throw new CorruptRow("a record has " + (source.length - at) + " bytes behind its value instead of 32");
        }
        return new KeyValue(
                key,
                value,
                BigEndian.getLong(source, at),
                BigEndian.getLong(source, at + 8),
                BigEndian.getLong(source, at + 16),
                BigEndian.getLong(source, at + 24));
    }

    private static int length(byte[] source, int at) {
        if (source.length - at < 4) {
            throw new CorruptRow("a record ends within a length");
        }
        int length = BigEndian.getInt(source, at);
        if (length < 0 || length > source.length - at - 4) {
            throw new CorruptRow(
                    "a record gives a length of " + length + " bytes where " + (source.length - at - 4) + " are left");
        }
        return length;
    }
}
