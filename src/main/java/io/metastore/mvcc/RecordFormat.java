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
final class RecordFormat {
    static final byte ETCD = 0;
    static final byte FIXED = 1;

    private static final int FIXED_BYTES = 1 + 4 + 4 + 4 * 8;

    private RecordFormat() {}

    static int size(KeyValue kv) {
        return FIXED_BYTES + kv.key().length() + kv.value().length();
    }

    /// Writes `kv` at `offset`; the caller has made [#size] bytes of room.
    static void write(KeyValue kv, byte[] target, int offset) {
        byte[] key = kv.key().array();
        byte[] value = kv.value().array();
        int at = offset;
        target[at++] = FIXED;
        BigEndian.putInt(target, at, key.length);
        at += 4;
        System.arraycopy(key, 0, target, at, key.length);
        at += key.length;
        BigEndian.putInt(target, at, value.length);
        at += 4;
        System.arraycopy(value, 0, target, at, value.length);
        at += value.length;
        BigEndian.putLong(target, at, kv.createRevision());
        BigEndian.putLong(target, at + 8, kv.modRevision());
        BigEndian.putLong(target, at + 16, kv.version());
        BigEndian.putLong(target, at + 24, kv.lease());
    }

    /// Reads the record that fills `source` from `offset` to its end.
    static KeyValue read(byte[] source, int offset) {
        if (offset >= source.length) {
            throw new CorruptRow("a record is empty");
        }
        return switch (source[offset]) {
            case ETCD -> EtcdRecord.decode(source, offset + 1);
            case FIXED -> readFixed(source, offset + 1);
            default -> throw new CorruptRow("unknown record format " + (source[offset] & 0xff));
        };
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
