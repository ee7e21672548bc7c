package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.MoveLeaderRequest;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Members come and go while everything that was acknowledged stays.
@BlackBox
@Timeout(300)
class MembershipChangesIT {
    private static final int WRITERS = 4;

    private static long id(Member member) {
        return Cluster.status(member).getHeader().getMemberId();
    }

    /// Asks a member that does not lead, if there is one.
    private static MembershipCalls anyOf(Cluster cluster) {
        Member leader = cluster.leader();
        List<Member> others = cluster.others(leader);
        return MembershipCalls.through(others.isEmpty() ? leader : others.getFirst());
    }

    private static void hashesAgree(Cluster cluster) {
        cluster.hashesAgree(cluster.leader().client().putRevision(Keys.fresh().key("hashed"), "1"));
    }

    @Test
    @Statement({"CLU-16", "CLU-17", "CLU-19", "CLU-20"})
    void growsToThreeAndShrinksToOneUnderWriters() {
        try (Cluster cluster = Cluster.start(1);
                SteadyWriters writers = SteadyWriters.begin(WRITERS, cluster.members())) {
            writers.awaitMoreThroughEach();
            for (int size = 2; size <= 3; size++) {
                MembershipCalls calls = anyOf(cluster);
                Member newcomer = cluster.newcomer();
                long added = calls.addLearnerOnceHealthy(newcomer.peerUrl());
                cluster.begin(newcomer);
                newcomer.awaitLocal();
                writers.awaitMoreThroughEach();
                assertEquals(size, calls.promoteOnceInSync(added).getMembersCount());
                newcomer.await();
                writers.through(newcomer);
                writers.awaitMoreThroughEach();
                hashesAgree(cluster);
                cluster.members().forEach(writers::nothingIsLost);
            }
            for (int size = 2; size >= 1; size--) {
                Member leader = cluster.leader();
                MembershipCalls calls = anyOf(cluster);
                assertEquals(size, calls.removeOnceHealthy(id(leader)).getMembersCount());
                leader.endedBy(Client.PATIENCE);
                writers.without(leader);
                cluster.left(leader);
                writers.awaitMoreThroughEach();
                hashesAgree(cluster);
                cluster.members().forEach(writers::nothingIsLost);
            }
            writers.stop();
            Member last = cluster.leader();
            assertEquals(List.of(id(last)), MembershipCalls.through(last).ids());
            writers.nothingIsLost(last);
            last.kill();
            last.restart();
            writers.nothingIsLost(last);
            last.client().put(Keys.fresh().key("alone"), "1");
        }
    }

    /// Members that started again before they got a vote elect one of them, too, when the leader is gone.
    @Test
    void learnersThatStartedAgainElectALeaderOnceTheyVote() {
        try (Cluster cluster = Cluster.start(1, "--max-learners=2")) {
            Member first = cluster.member(0);
            MembershipCalls calls = MembershipCalls.through(first);
            List<Member> learners = new ArrayList<>();
            List<Long> ids = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                Member learner = cluster.newcomer();
                ids.add(calls.addLearnerOnceHealthy(learner.peerUrl()));
                cluster.begin(learner);
                learner.awaitLocal();
                learners.add(learner);
            }
            for (Member learner : learners) {
                learner.kill();
                learner.begin();
                learner.awaitLocal();
            }
            ids.forEach(calls::promoteOnceInSync);
            learners.forEach(Member::await);
            first.kill();
            Member next = cluster.leader();
            next.client().put(Keys.fresh().key("elected"), "1");
            first.restart();
            hashesAgree(cluster);
        }
    }

    /// Replaces each of three: a learner comes and is promoted, then one of those who were there goes.
    @Test
    @Statement({"CLU-17", "CLU-19", "CLU-20"})
    void replacesEachOfThreeUnderWriters() {
        try (Cluster cluster = Cluster.start(3);
                SteadyWriters writers = SteadyWriters.begin(WRITERS, cluster.members())) {
            for (Member old : cluster.members()) {
                MembershipCalls calls = anyOf(cluster);
                Member newcomer = cluster.newcomer();
                long added = calls.addLearnerOnceHealthy(newcomer.peerUrl());
                cluster.begin(newcomer);
                newcomer.awaitLocal();
                calls.promoteOnceInSync(added);
                newcomer.await();
                writers.through(newcomer);
                long gone = id(old);
                assertEquals(
                        3,
                        MembershipCalls.through(newcomer)
                                .removeOnceHealthy(gone)
                                .getMembersCount());
                old.endedBy(Client.PATIENCE);
                writers.without(old);
                cluster.left(old);
                writers.awaitMoreThroughEach();
            }
            writers.stop();
            assertEquals(3, cluster.members().size());
            hashesAgree(cluster);
            cluster.members().forEach(writers::nothingIsLost);
        }
    }

    /// A voter that is added and then started, killed and restarted, alone and with all others.
    @Test
    @Statement({"CLU-02", "CLU-08", "CLU-10", "CLU-13"})
    void joinsAsAVoterAndComesBack() {
        Keys keys = Keys.fresh();
        try (Cluster cluster = Cluster.start(3, "--snapshot-count=100")) {
            for (int i = 0; i < 300; i++) {
                cluster.leader().client().put(keys.key("" + i), "1");
            }
            Member newcomer = cluster.newcomer();
            long added = anyOf(cluster).addVoterOnceHealthy(newcomer.peerUrl());
            cluster.begin(newcomer);
            newcomer.await();
            assertEquals(added, id(newcomer));
            assertEquals(300, newcomer.client().all(keys).size());
            hashesAgree(cluster);
            newcomer.kill();
            cluster.leader().client().put(keys.key("while it was away"), "1");
            newcomer.restart();
            assertEquals(added, id(newcomer));
            hashesAgree(cluster);

            var before = MembershipCalls.through(newcomer).list().getMembersList();
            assertEquals(4, before.size());
            List<KeyValue> pairs = newcomer.client().all(keys);
            cluster.members().forEach(Member::kill);
            cluster.members().forEach(Member::begin);
            cluster.members().forEach(Member::await);
            for (Member member : cluster.members()) {
                assertEquals(before, MembershipCalls.through(member).list().getMembersList());
                assertTrue(pairs.equals(member.client().all(keys)), "other pairs than before");
            }
            for (Member member : cluster.members()) {
                member.client().put(keys.key("after"), member.endpoint());
            }
            hashesAgree(cluster);
        }
    }

    /// Nobody tells a member that is down, so it learns that it is out when it comes back.
    @Test
    @Statement({"CLU-08", "CLU-13", "CLU-19"})
    void endsWhenItComesBackAndHasBeenRemovedMeanwhile() {
        Keys keys = Keys.fresh();
        try (Cluster cluster = Cluster.start(3)) {
            Member away = cluster.follower();
            long id = id(away);
            away.kill();
            assertEquals(2, anyOf(cluster).removeOnceHealthy(id).getMembersCount());
            cluster.leader().client().put(keys.key("a"), "1");
            away.begin();
            away.endedBy(Duration.ofSeconds(60));
            for (Member member : cluster.others(away)) {
                assertEquals(1, member.client().all(keys).size());
                MembershipCalls calls = MembershipCalls.through(member);
                assertTrue(calls.ids().size() == 2 && !calls.ids().contains(id));
                Refusal.MEMBER_NOT_FOUND.of(() -> calls.remove(id));
            }
        }
    }

    /// A member that was away finds nobody in its table who came meanwhile. One of those leads, and has cut its log.
    @Test
    void whoWasAwayTakesTheStateOfALeaderThatItDoesNotKnow() {
        String[] flags = MemberTarget.isEtcd()
                ? new String[] {"--strict-reconfig-check=false", "--snapshot-count=100", "--snapshot-catchup-entries=10"
                }
                : new String[] {
                    "--strict-reconfig-check=false", "--snapshot-count=100", "--metastore.snapshot.follower-log-bytes=0"
                };
        try (Cluster cluster = Cluster.start(3, flags)) {
            Member away = cluster.follower();
            away.kill();
            Member leader = cluster.leader();
            MembershipCalls calls = MembershipCalls.through(leader);
            Member newcomer = cluster.newcomer();
            long added = calls.addLearnerOnceHealthy(newcomer.peerUrl());
            cluster.begin(newcomer);
            newcomer.awaitLocal();
            calls.promoteOnceInSync(added);
            newcomer.await();
            leader.client()
                    .maintenance()
                    .moveLeader(
                            MoveLeaderRequest.newBuilder().setTargetID(added).build());
            Keys keys = Keys.fresh();
            for (int i = 0; i < 500; i++) {
                newcomer.client().put(keys.key("k" + i), "1");
            }
            long revision = newcomer.client().revision();
            away.restart();
            Cluster.caughtUp(away, revision);
            assertEquals(added, Cluster.status(away).getLeader());
            cluster.hashesAgree(newcomer.client().putRevision(keys.key("last"), "1"));
        }
    }
}
