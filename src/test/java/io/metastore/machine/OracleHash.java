package io.metastore.machine;

import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/// HashKV computed from the whole history, with its own encoder (MNT-10, MNT-11).
final class OracleHash {
    private OracleHash() {}

    static int of(OracleStore store, long asked) {
        long revision = asked == 0 ? store.revision() : asked;
        // Where nothing lives at the revision hashed, what the compaction left over counts: what was live at it.
        boolean nothingLives = store.in(KeyRange.ALL, revision).isEmpty();
        long keepAt = nothingLives ? store.compacted() : revision;
        CRC32C crc = new CRC32C();
        crc.update("key".getBytes(StandardCharsets.US_ASCII));
        for (Event event : store.events()) {
            if (event.revision().main() > revision) {
                break;
            }
            if (event.revision().main() > store.compacted() || keeps(store, event, keepAt)) {
                hash(crc, event);
            }
        }
        return (int) crc.getValue();
    }

    private static boolean keeps(OracleStore store, Event event, long keepAt) {
        if (event instanceof Event.Delete) {
            return false;
        }
        OracleStore.Version live = store.versionAt(event.key(), keepAt);
        return live != null && live.revision().equals(event.revision());
    }

    private static void hash(CRC32C crc, Event event) {
        ByteBuffer key = ByteBuffer.allocate(18)
                .putLong(event.revision().main())
                .put((byte) '_')
                .putLong(event.revision().sub());
        KeyValue pair = switch (event) {
            case Event.Put put -> put.keyValue();
            case Event.Delete delete -> {
                key.put((byte) 't');
                yield new KeyValue(delete.key(), Bytes.EMPTY, 0, 0, 0, 0);
            }
        };
        crc.update(key.flip());
        crc.update(protobuf(pair));
    }

    private static byte[] protobuf(KeyValue pair) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        bytes(out, 1, pair.key());
        number(out, 2, pair.createRevision());
        number(out, 3, pair.modRevision());
        number(out, 4, pair.version());
        bytes(out, 5, pair.value());
        number(out, 6, pair.lease());
        return out.toByteArray();
    }

    private static void bytes(ByteArrayOutputStream out, int field, Bytes value) {
        if (!value.isEmpty()) {
            varint(out, field << 3 | 2);
            varint(out, value.length());
            out.writeBytes(value.array());
        }
    }

    private static void number(ByteArrayOutputStream out, int field, long value) {
        if (value != 0) {
            varint(out, field << 3);
            varint(out, value);
        }
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
