package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/// What operators do to three members with etcd's command-line client.
@BlackBox
@Timeout(120)
@EnabledIf(
        value = "io.metastore.blackbox.Etcdctl#isNamed",
        disabledReason = "no etcdctl to run: name one with -Dmetastore.etcdctl=PATH or ETCDCTL_BIN")
class EtcdctlMaintenanceIT {
    @Test
    void leadershipIsMovedAndMembersAreTidied() {
        try (Cluster cluster = Cluster.start(3)) {
            Member leader = cluster.leader();
            Member other = cluster.others(leader).getFirst();
            Etcdctl etcdctl = Etcdctl.against(leader);
            assertEquals("OK\n", etcdctl.run("put", "a", "1"));
            String from = id(leader);
            String to = id(other);
            assertEquals("Leadership transferred from " + from + " to " + to + "\n", etcdctl.run("move-leader", to));
            Eventually.holds("the other leads", () -> cluster.leader() == other);
            etcdctl.refused("Error: no leader endpoint given at [" + leader.endpoint() + "]", "move-leader", from);

            assertTrue(etcdctl.run("defrag").startsWith("Finished defragmenting etcd member[" + leader.endpoint()));
            assertEquals(
                    "Downgrade validate success, cluster version 3.7\n", etcdctl.run("downgrade", "validate", "3.6"));
            assertTrue(etcdctl.run("endpoint", "hashkv").startsWith(leader.endpoint() + ", "));
            assertEquals("a\n1\n", Etcdctl.against(other).run("get", "a"));
        }
    }

    private static String id(Member member) {
        return Long.toHexString(Cluster.status(member).getHeader().getMemberId());
    }
}
