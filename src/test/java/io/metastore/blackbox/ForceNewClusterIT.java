package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A majority is lost for good: one member goes on alone with its data, and others come as new members.
@BlackBox
@Timeout(300)
class ForceNewClusterIT {
    private static final int KEYS = 200;

    private static void put(Member member, Keys keys, int from) {
        for (int i = from; i < from + KEYS; i++) {
            member.client().put(keys.key("k%04d".formatted(i)), "v" + i);
        }
    }

    private static long id(Member member) {
        return Cluster.status(member).getHeader().getMemberId();
    }

    @Test
    void oneOfThreeGoesOnAloneAndGrowsAgain() {
        try (Cluster cluster = Cluster.start(3, "--snapshot-count=100")) {
            Keys keys = Keys.fresh();
            put(cluster.leader(), keys, 0);
            Member survivor = cluster.follower();
            long revision = cluster.leader().client().revision();
            Cluster.caughtUp(survivor, revision);
            long self = id(survivor);
            List<Member> others = cluster.others(survivor);
            cluster.members().forEach(Member::kill);

            survivor.restartOnceWith("--force-new-cluster");
            assertEquals(List.of(self), MembershipCalls.through(survivor).ids());
            // etcd drops an entry of which it has not written down yet that it was agreed.
            int dropped = MemberTarget.isEtcd() ? 5 : 0;
            long kept = survivor.client().range(range(keys)).getCount();
            assertTrue(survivor.client().revision() >= revision - dropped);
            assertTrue(kept >= KEYS - dropped);
            put(survivor, keys, KEYS);

            // The flag is for one start, does nothing at the next, and what it did lasts.
            survivor.kill();
            if (!MemberTarget.isEtcd()) { // It drops the last write again, an acknowledged one.
                survivor.restartOnceWith("--force-new-cluster");
                assertEquals(kept + KEYS, survivor.client().range(range(keys)).getCount());
                survivor.kill();
            }
            survivor.restart();
            assertEquals(List.of(self), MembershipCalls.through(survivor).ids());
            assertEquals(kept + KEYS, survivor.client().range(range(keys)).getCount());

            others.forEach(cluster::left);
            Member newcomer = cluster.newcomer();
            MembershipCalls calls = MembershipCalls.through(survivor);
            long added = calls.addLearnerOnceHealthy(newcomer.peerUrl());
            cluster.begin(newcomer);
            newcomer.awaitLocal();
            assertEquals(2, calls.promoteOnceInSync(added).getMembersCount());
            newcomer.await();
            put(newcomer, keys, 2 * KEYS);
            cluster.hashesAgree(newcomer.client().putRevision(keys.key("last"), "1"));
        }
    }

    /// One that was left out comes back with its old data while the survivor runs.
    @Test
    void whoWasLeftOutIsToldAndEnds() {
        try (Cluster cluster = Cluster.start(3)) {
            Keys keys = Keys.fresh();
            put(cluster.leader(), keys, 0);
            Member survivor = cluster.follower();
            Cluster.caughtUp(survivor, cluster.leader().client().revision());
            Member left = cluster.others(survivor).getFirst();
            cluster.members().forEach(Member::kill);
            survivor.restartOnceWith("--force-new-cluster");
            put(survivor, keys, KEYS);
            left.begin();
            left.endedBy(Client.PATIENCE);
            String told =
                    MemberTarget.isEtcd() ? "permanently removed from the cluster" : "was removed from the cluster";
            assertTrue(left.log().contains(told), left::log);
            put(survivor, keys, 2 * KEYS);
        }
    }
}
