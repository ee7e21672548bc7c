package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.CompactionRequest;
import io.metastore.api.etcd.etcdserverpb.DefragmentRequest;
import io.metastore.api.etcd.etcdserverpb.DefragmentResponse;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Defragment gives back what a compaction has left.
@BlackBox
@Timeout(120)
class DefragmentIT {
    private static final int KEYS = 400;
    private static final int BYTES = 64 << 10;
    private static final int ROUNDS = 2;

    private static long size(Member member) {
        return Cluster.status(member).getDbSize();
    }

    @Test
    @Statement("MNT-07")
    void givesBackWhatWasCompacted() {
        try (Member member = Member.startOwn()) {
            Client client = member.client();
            Keys keys = Keys.fresh();
            Random random = new Random(1);
            byte[] value = new byte[BYTES / 2];
            for (int i = 0; i < KEYS * ROUNDS; i++) {
                random.nextBytes(value);
                client.put(keys.key("k" + i % KEYS), HexFormat.of().formatHex(value));
            }
            long full = size(member);
            assertTrue(full > (long) KEYS * BYTES / 2, () -> "only " + full + " bytes");
            for (int i = 0; i < KEYS; i++) {
                client.delete(keys.key("k" + i));
            }
            long revision = client.putRevision(keys.key("last"), "1");
            client.kv()
                    .compact(CompactionRequest.newBuilder()
                            .setRevision(revision)
                            .setPhysical(true)
                            .build());
            DefragmentResponse answer = client.maintenance().defragment(DefragmentRequest.getDefaultInstance());
            assertFalse(answer.hasHeader());
            long now = size(member);
            assertTrue(now < full / 4, () -> full + " bytes before, " + now + " now");
            assertEquals(
                    "1", client.get(keys.key("last")).orElseThrow().getValue().toStringUtf8());
            assertEquals(
                    DefragmentResponse.getDefaultInstance(),
                    client.maintenance().defragment(DefragmentRequest.getDefaultInstance()),
                    "with nothing to give back");
        }
    }
}
