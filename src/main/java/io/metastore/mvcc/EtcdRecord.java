package io.metastore.mvcc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import java.io.IOException;
import java.io.UncheckedIOException;

/// etcd's own encoding of a key-value pair, the protobuf message `mvccpb.KeyValue`: record format 0, and
/// what HashKV hashes. Fields in order of their numbers, those that are zero or empty left out.
final class EtcdRecord {
    private static final int KEY = 1;
    private static final int CREATE_REVISION = 2;
    private static final int MOD_REVISION = 3;
    private static final int VERSION = 4;
    private static final int VALUE = 5;
    private static final int LEASE = 6;

    private EtcdRecord() {}

    static byte[] encode(KeyValue kv) {
        byte[] key = kv.key().array();
        byte[] value = kv.value().array();
        int size = sizeOf(KEY, key)
                + sizeOf(CREATE_REVISION, kv.createRevision())
                + sizeOf(MOD_REVISION, kv.modRevision())
                + sizeOf(VERSION, kv.version())
                + sizeOf(VALUE, value)
                + sizeOf(LEASE, kv.lease());
        byte[] encoded = new byte[size];
        CodedOutputStream out = CodedOutputStream.newInstance(encoded);
        try {
            write(out, KEY, key);
            write(out, CREATE_REVISION, kv.createRevision());
            write(out, MOD_REVISION, kv.modRevision());
            write(out, VERSION, kv.version());
            write(out, VALUE, value);
            write(out, LEASE, kv.lease());
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return encoded;
    }

    static KeyValue decode(byte[] source, int offset) {
        CodedInputStream in = CodedInputStream.newInstance(source, offset, source.length - offset);
        byte[] key = {};
        byte[] value = {};
        long create = 0;
        long mod = 0;
        long version = 0;
        long lease = 0;
        try {
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                switch (tag >>> 3) {
                    case KEY -> key = in.readByteArray();
                    case CREATE_REVISION -> create = in.readInt64();
                    case MOD_REVISION -> mod = in.readInt64();
                    case VERSION -> version = in.readInt64();
                    case VALUE -> value = in.readByteArray();
                    case LEASE -> lease = in.readInt64();
                    default -> in.skipField(tag);
                }
            }
        } catch (IOException e) {
            throw new CorruptRow("a record in etcd's format does not parse: " + e.getMessage());
        }
        return new KeyValue(Bytes.wrap(key), Bytes.wrap(value), create, mod, version, lease);
    }

    private static int sizeOf(int field, byte[] bytes) {
        return bytes.length == 0 ? 0 : CodedOutputStream.computeByteArraySize(field, bytes);
    }

    private static int sizeOf(int field, long number) {
        return number == 0 ? 0 : CodedOutputStream.computeInt64Size(field, number);
    }

    private static void write(CodedOutputStream out, int field, byte[] bytes) throws IOException {
        if (bytes.length != 0) {
            out.writeByteArray(field, bytes);
        }
    }

    private static void write(CodedOutputStream out, int field, long number) throws IOException {
        if (number != 0) {
            out.writeInt64(field, number);
        }
    }
}
