package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EtcdRecordTest {
    /// Against the encoder that protobuf generates from etcd's own message.
    @Test
    void equalsWhatProtobufMakesOfEtcdsMessage() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            KeyValue pair = new KeyValue(
                    bytes(random, 20),
                    bytes(random, 200),
                    number(random),
                    number(random),
                    number(random),
                    number(random));
            byte[] expected = io.metastore.api.etcd.mvccpb.KeyValue.newBuilder()
                    .setKey(ByteString.copyFrom(pair.key().array()))
                    .setValue(ByteString.copyFrom(pair.value().array()))
                    .setCreateRevision(pair.createRevision())
                    .setModRevision(pair.modRevision())
                    .setVersion(pair.version())
                    .setLease(pair.lease())
                    .build()
                    .toByteArray();
            byte[] encoded = EtcdRecord.encode(pair);
            assertArrayEquals(expected, encoded);
            assertEquals(pair, EtcdRecord.decode(encoded, 0));
        }
    }

    private static Bytes bytes(Random random, int most) {
        byte[] bytes = new byte[random.nextInt(most)];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    private static long number(Random random) {
        return random.nextInt(4) == 0 ? 0 : random.nextLong() >> random.nextInt(64);
    }
}
