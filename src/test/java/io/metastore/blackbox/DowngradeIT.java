package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.DowngradeRequest;
import io.metastore.api.etcd.etcdserverpb.DowngradeRequest.DowngradeAction;
import io.metastore.api.etcd.etcdserverpb.DowngradeResponse;
import io.metastore.api.etcd.etcdserverpb.HashRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The version of the cluster and what it may be lowered to; the hash over all that is stored.
@BlackBox
@OwnMember
@Timeout(120)
class DowngradeIT {
    private static DowngradeResponse downgrade(Client client, DowngradeAction action, String version) {
        return client.maintenance()
                .downgrade(DowngradeRequest.newBuilder()
                        .setAction(action)
                        .setVersion(version)
                        .build());
    }

    @Test
    @Statement("MNT-21")
    void onlyTheMinorVersionBelowIsATarget(Client client) {
        client.awaitStorageVersion("3.7.0");
        for (String good : List.of("3.6", "3.6.0", "3.6.9", "3.6.1-rc.1")) {
            assertEquals(
                    "3.7", downgrade(client, DowngradeAction.VALIDATE, good).getVersion(), good);
        }
        for (DowngradeAction action : List.of(DowngradeAction.VALIDATE, DowngradeAction.ENABLE)) {
            for (String malformed : List.of("", "3", "x", "3.x", "3.6.", "v3.6.0", "3.6.0.0")) {
                Refusal.WRONG_DOWNGRADE_VERSION.of(() -> downgrade(client, action, malformed));
            }
            for (String wrong : List.of("3.7", "3.5.0", "2.6", "4.6.0", "3.8")) {
                Refusal.INVALID_DOWNGRADE_TARGET.of(() -> downgrade(client, action, wrong));
            }
        }
    }

    @Test
    @Statement("MNT-23")
    void thereIsAlwaysNothingToCancel(Client client) {
        client.awaitStorageVersion("3.7.0");
        DowngradeResponse cancelled = downgrade(client, DowngradeAction.CANCEL, "");
        assertEquals("3.7", cancelled.getVersion());
        assertTrue(cancelled.getHeader().getMemberId() != 0);
    }

    @Test
    void theHashIsOverAllThatIsStored(Client client) {
        long before = hash(client);
        assertEquals(before, hash(client), "nothing has changed");
        client.put(bytes("hashed"), "1");
        long put = hash(client);
        assertNotEquals(before, put);
        client.grant(600);
        assertNotEquals(put, hash(client), "leases count as well");
    }

    private static long hash(Client client) {
        var answer = client.maintenance().hash(HashRequest.getDefaultInstance());
        assertTrue(answer.hasHeader());
        return answer.getHash();
    }
}
