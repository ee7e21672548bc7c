package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.MemberAddResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Changes that would cost the cluster its majority are refused, and those that would not are not.
@BlackBox
class MembershipQuorumIT {
    private static final Duration CONNECTED = Duration.ofSeconds(5);

    private static String url() {
        return "http://127.0.0.1:" + LoopbackPorts.next();
    }

    private static long id(Member member) {
        return Cluster.status(member).getHeader().getMemberId();
    }

    @Test
    @Statement({"CLU-08", "CLU-10", "CLU-12"})
    void keepsTheOnlyMember() {
        try (Cluster one = Cluster.start(1)) {
            MembershipCalls calls = MembershipCalls.through(one.member(0));
            long only = id(one.member(0));
            Refusal.NOT_ENOUGH_STARTED.of(() -> calls.remove(only));
            Refusal.MEMBER_NOT_FOUND.of(() -> calls.remove(4711));
            Refusal.NOT_A_LEARNER.of(() -> calls.promote(only));
            assertEquals(List.of(only), calls.ids());
            one.member(0).client().put(Keys.fresh().key("a"), "1");
        }
    }

    /// A learner that never starts is no vote, so the only voter goes on without it, over a restart, too.
    @Test
    @Statement({"CLU-11", "CLU-13", "CLU-14", "CLU-18"})
    void countsNoLearner() {
        Keys keys = Keys.fresh();
        try (Cluster one = Cluster.start(1)) {
            Member voter = one.member(0);
            // With one voter it need not have been connected for any time.
            MemberAddResponse added = MembershipCalls.through(voter).addLearner(url());
            long learner = added.getMember().getID();
            voter.client().put(keys.key("a"), "1");
            voter.kill();
            voter.restart();
            voter.client().put(keys.key("b"), "1");
            assertEquals(2, voter.client().all(keys).size());
            MembershipCalls calls = MembershipCalls.through(voter);
            assertEquals(added.getMembersList(), calls.list().getMembersList());
            Refusal.TOO_MANY_LEARNERS.of(() -> calls.addLearner(url()));
            Refusal.NOT_ENOUGH_STARTED.of(() -> calls.remove(id(voter)));
            assertEquals(1, calls.remove(learner).getMembersCount());
        }
    }

    @Test
    @Statement("CLU-14")
    void takesAsManyLearnersAsItIsTold() {
        try (Cluster one = Cluster.start(1, "--max-learners=3")) {
            MembershipCalls calls = MembershipCalls.through(one.member(0));
            for (int learners = 1; learners <= 3; learners++) {
                assertEquals(1 + learners, calls.addLearner(url()).getMembersCount());
            }
            Refusal.TOO_MANY_LEARNERS.of(() -> calls.addLearner(url()));
        }
    }

    /// The second need not have started before it is added; the third must wait for it.
    @Test
    @Statement("CLU-10")
    void growsFromOneByOneThatHasNotStarted() {
        Keys keys = Keys.fresh();
        try (Cluster one = Cluster.start(1)) {
            Member first = one.member(0);
            MembershipCalls calls = MembershipCalls.through(first);
            Member second = one.newcomer();
            first.client().put(keys.key("a"), "1");
            MemberAddResponse added = calls.addVoter(second.peerUrl());
            assertEquals(2, added.getMembersCount());
            Refusal.NOT_ENOUGH_STARTED.of(() -> calls.addVoter(url()));
            Refusal.NOT_ENOUGH_STARTED.of(() -> calls.remove(id(first)));
            // Nobody leads two of which one is not there, so the list is asked for while somebody still does.
            second.joinsRunning(first.initialCluster() + "," + second.initialCluster());
            second.begin();
            second.await();
            assertEquals(1, second.client().all(keys).size());
            second.client().put(keys.key("b"), "1");
            one.hashesAgree(first.client().putRevision(keys.key("c"), "1"));
        }
    }

    /// Any URL does when a member is told its own: nothing but the list shows it. Others would have to call there.
    @Test
    @Statement("CLU-05")
    void looksAtNoUrlOfAnUpdate() {
        try (Cluster one = Cluster.start(1)) {
            Member member = one.member(0);
            MembershipCalls calls = MembershipCalls.through(member);
            long id = id(member);
            for (String url : List.of("nonsense", "ftp://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:1/path")) {
                assertEquals(List.of(url), calls.update(id, url).getMembers(0).getPeerURLsList());
                assertEquals(List.of(url), calls.entry(id).getPeerURLsList());
            }
            assertEquals(1, calls.update(id).getMembersCount());
            assertEquals(List.of(), calls.entry(id).getPeerURLsList());
            assertEquals(1, calls.update(id, member.peerUrl()).getMembersCount());
            assertEquals(List.of(member.peerUrl()), calls.entry(id).getPeerURLsList());
            assertEquals("m1", calls.entry(id).getName());
        }
    }

    /// Connections that are younger than five seconds do not count.
    @Test
    @Statement("CLU-11")
    void addsNobodyBeforeMembersHaveBeenConnectedForAWhile() {
        try (Cluster two = Cluster.unstarted(2, "http")) {
            long begun = System.nanoTime();
            two.members().forEach(Member::begin);
            two.members().forEach(Member::await);
            for (int i = 0; i < 2; i++) {
                long first = addedNotBefore(begun, two.member(i));
                MembershipCalls.through(two.member(i)).remove(first);
            }
            Member back = two.member(1);
            back.kill();
            begun = System.nanoTime();
            back.restart();
            long second = addedNotBefore(begun, two.member(0));
            assertNotEquals(0, second);
            // Once they have been, it is so for whoever comes next, with two of three at once.
            assertEquals(
                    4, MembershipCalls.through(two.member(0)).addVoter(url()).getMembersCount());
        }
    }

    /// Adds a learner as soon as that is not refused, which must not be too early.
    private static long addedNotBefore(long begun, Member asked) {
        long id = MembershipCalls.through(asked).addLearnerOnceHealthy(url());
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        assertTrue(took.compareTo(CONNECTED) >= 0, () -> "added " + took + " after the start");
        return id;
    }

    /// Asks for what is refused in any case.
    private static boolean seesThatOneIsGone(MembershipCalls calls, String takenUrl) {
        StatusRuntimeException refusal = assertThrows(StatusRuntimeException.class, () -> calls.addVoter(takenUrl));
        assertTrue(
                Refusal.UNHEALTHY.is(refusal.getStatus()) || Refusal.PEER_URL_EXISTS.is(refusal.getStatus()),
                refusal::toString);
        return Refusal.UNHEALTHY.is(refusal.getStatus());
    }

    /// Two of three are left: whoever is gone may be removed, neither of the two, and nobody may be added.
    @Test
    @Statement({"CLU-10", "CLU-11", "CLU-12", "CLU-13", "CLU-17"})
    void removesTheOneWhoIsGoneAndNoneOfTheOthers() {
        Keys keys = Keys.fresh();
        try (Cluster three = Cluster.start(3)) {
            Member asked = three.follower();
            Member gone = three.others(asked).stream()
                    .filter(member -> member != three.leader())
                    .findFirst()
                    .orElseThrow();
            Member leader = three.leader();
            long goneId = id(gone);
            MembershipCalls calls = MembershipCalls.through(asked);
            long learner = calls.addLearnerOnceHealthy(url());
            gone.kill();
            for (Member member : List.of(asked, leader)) {
                MembershipCalls through = MembershipCalls.through(member);
                Eventually.holds("it is seen that one is gone", () -> seesThatOneIsGone(through, leader.peerUrl()));
                Refusal.UNHEALTHY.of(() -> through.remove(id(asked)));
                Refusal.UNHEALTHY.of(() -> through.remove(id(leader)));
                Refusal.UNHEALTHY.of(() -> through.addVoter(url()));
            }
            assertEquals(3, calls.remove(learner).getMembersCount());
            Refusal.UNHEALTHY.of(() -> calls.addLearner(url()));
            assertEquals(2, calls.remove(goneId).getMembersCount());
            asked.client().put(keys.key("a"), "1");
            // The two are all now, and both are there.
            assertEquals(3, calls.addLearner(url()).getMembersCount());
            long added = calls.addVoter(url()).getMember().getID();
            leader.client().put(keys.key("b"), "1");
            assertEquals(3, calls.remove(added).getMembersCount());
            assertEquals(2, asked.client().all(keys).size());
        }
    }
}
