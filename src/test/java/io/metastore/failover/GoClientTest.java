package io.metastore.failover;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import io.metastore.failover.GoClient.Rule;
import org.junit.jupiter.api.Test;

/// The rules of clientv3's `retry.go`.
class GoClientTest {

    private static void assertAgain(boolean reads, boolean writes, Status ended) {
        assertEquals(reads, Rule.REPEATABLE.allowsAnother(ended), ended::toString);
        assertEquals(writes, Rule.AT_MOST_ONCE.allowsAnother(ended), ended::toString);
    }

    @Test
    void readsAreMadeAgainAndWritesThatMayHaveBeenSentAreNot() {
        assertAgain(true, false, Status.UNAVAILABLE.withDescription("etcdserver: leader changed"));
        assertAgain(true, false, Status.UNAVAILABLE);
        assertAgain(true, true, Status.UNAVAILABLE.withDescription("there is no address available"));
        assertAgain(true, true, Status.DEADLINE_EXCEEDED);
        assertAgain(true, true, Status.CANCELLED);
        assertAgain(false, false, Status.UNKNOWN.withDescription("raft proposal dropped"));
        assertAgain(false, false, Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: too many requests"));
        assertAgain(false, false, Status.INTERNAL);
    }
}
