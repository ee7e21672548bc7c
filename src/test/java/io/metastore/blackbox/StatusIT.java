package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Status, and the limits that a start line sets.
@BlackBox
class StatusIT {

    @Test
    @OwnMember
    @Statement({"MNT-01", "MNT-02", "MNT-03", "MNT-04", "MNT-05"})
    void describesTheMember(Client client, Keys keys) {
        client.awaitStorageVersion("3.7.0");
        StatusResponse before = client.maintenance().status(StatusRequest.getDefaultInstance());
        for (int i = 0; i < 10; i++) {
            client.put(keys.key("a"), "v" + i);
        }
        StatusResponse after = client.maintenance().status(StatusRequest.getDefaultInstance());

        assertEquals("3.7.3", after.getVersion());
        assertTrue(after.hasDowngradeInfo());
        assertFalse(after.getDowngradeInfo().getEnabled());
        assertFalse(after.getIsLearner());
        assertEquals(2_147_483_648L, after.getDbSizeQuota());
        assertTrue(after.getDbSizeInUse() > 0 && after.getDbSizeInUse() <= after.getDbSize());
        assertTrue(after.getRaftAppliedIndex() >= before.getRaftAppliedIndex() + 10);
        assertTrue(after.getRaftIndex() >= after.getRaftAppliedIndex());
        assertEquals(after.getHeader().getRaftTerm(), after.getRaftTerm());
        assertEquals(after.getHeader().getMemberId(), after.getLeader());
        assertEquals(List.of(), after.getErrorsList());
    }

    @ParameterizedTest
    @CsvSource({"100,400", "100,50001", "300,1000"})
    @Statement("LIM-01")
    void refusesElectionTimeoutsThatCannotWork(int heartbeat, int election) {
        IllegalStateException refusal = assertThrows(
                IllegalStateException.class,
                () -> Member.startOwn("--heartbeat-interval=" + heartbeat, "--election-timeout=" + election)
                        .close());

        assertTrue(refusal.getMessage().contains("ended with status"), refusal::getMessage);
    }

    @Test
    @OwnMember({"--heartbeat-interval=100", "--election-timeout=500"})
    @Statement("LIM-01")
    void acceptsFiveHeartbeats(Client client, Keys keys) {
        // The shortest lease follows from it: one and a half election timeouts, in whole seconds.
        long ttl = client.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(1).build())
                .getTTL();

        client.put(keys.key("a"), "1");
        assertEquals(1, ttl);
    }
}
