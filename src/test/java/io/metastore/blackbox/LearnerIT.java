package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.MemberPromoteResponse;
import io.metastore.api.etcd.etcdserverpb.MemberRemoveResponse;
import io.metastore.api.etcd.etcdserverpb.MoveLeaderRequest;
import io.metastore.api.etcd.etcdserverpb.MoveLeaderResponse;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/// A learner beside three voters: what it answers, what it is not, how it becomes a voter, and how it goes.
@BlackBox
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LearnerIT {
    private static final Set<String> ANSWERED =
            Set.of("/etcdserverpb.Maintenance/Status", "/etcdserverpb.Maintenance/Snapshot");

    private static Cluster cluster;
    private static List<Member> voters;
    private static Member learner;
    private static long id;

    @BeforeAll
    static void start() {
        cluster = Cluster.start(3);
        voters = cluster.members();
        learner = cluster.newcomer();
        id = MembershipCalls.through(cluster.follower()).addLearnerOnceHealthy(learner.peerUrl());
        cluster.begin(learner);
        learner.awaitLocal();
    }

    @AfterAll
    static void end() {
        cluster.close();
    }

    private static Member followingVoter() {
        Member leader = cluster.leader();
        return voters.stream().filter(member -> member != leader).findFirst().orElseThrow();
    }

    private static MoveLeaderResponse moveLeader(Member asked, long target) {
        return asked.client()
                .maintenance()
                .moveLeader(MoveLeaderRequest.newBuilder().setTargetID(target).build());
    }

    private static RangeResponse local(Member member, Keys keys) {
        return member.client().range(range(keys).setSerializable(true));
    }

    @Test
    @Statement({"GEN-17", "CLU-02", "MNT-03"})
    void showsWhatItHas(Keys keys) {
        long revision = cluster.leader().client().putRevision(keys.key("a"), "1");
        Cluster.caughtUp(learner, revision);
        RangeResponse found = local(learner, keys);
        assertEquals(List.of("a"), keys.names(found.getKvsList()));
        assertEquals(id, found.getHeader().getMemberId());

        StatusResponse status = Cluster.status(learner);
        assertEquals(id, status.getHeader().getMemberId());
        assertTrue(status.getIsLearner());
        assertEquals(Cluster.status(cluster.leader()).getLeader(), status.getLeader());
        for (Member voter : voters) {
            assertFalse(Cluster.status(voter).getIsLearner());
            var entry = MembershipCalls.through(voter).entry(id);
            assertTrue(entry.getIsLearner());
            assertEquals("m4", entry.getName());
            assertEquals(List.of(learner.peerUrl()), entry.getPeerURLsList());
            assertEquals(List.of("http://" + learner.endpoint()), entry.getClientURLsList());
        }
    }

    @Test
    @Statement("GEN-17")
    void refusesToReadOrWriteForAll(Keys keys) {
        Client client = learner.client();
        Refusal.NOT_BY_LEARNER.of(() -> client.get(keys.key("a")));
        Refusal.NOT_BY_LEARNER.of(() -> client.put(keys.key("a"), "1"));
        Refusal.NOT_BY_LEARNER.of(() -> client.put(ByteString.EMPTY, "1"));
        Refusal.NOT_BY_LEARNER.of(() -> client.delete(keys.key("a")));
        Refusal.NOT_BY_LEARNER.of(
                () -> client.txn(Requests.then(Requests.op(range(keys).setSerializable(true)))));
        Refusal.NOT_BY_LEARNER.of(() -> client.grant(60));
        Refusal.EMPTY_KEY.of(() -> client.range(range(ByteString.EMPTY).setSerializable(true)));
        try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals =
                Duplex.open(client.leaseAsync()::leaseKeepAlive)) {
            Status end = renewals.awaitEnd();
            assertTrue(Refusal.NOT_BY_LEARNER.is(end), end::toString);
        }
        try (WatchCall watch = WatchCall.open(client)) {
            Status end = watch.call().awaitEnd();
            assertTrue(Refusal.NOT_BY_LEARNER.is(end), end::toString);
        }
        MembershipCalls calls = MembershipCalls.through(learner);
        Refusal.NOT_BY_LEARNER.of(calls::list);
        Refusal.NOT_BY_LEARNER.of(() -> calls.addLearner("http://127.0.0.1:1"));
        Refusal.NOT_BY_LEARNER.of(() -> calls.addVoter());
        Refusal.NOT_BY_LEARNER.of(() -> calls.update(id, learner.peerUrl()));
        Refusal.NOT_BY_LEARNER.of(() -> calls.promote(id));
        Refusal.NOT_BY_LEARNER.of(() -> calls.remove(id));
        assertEquals(0, local(learner, keys).getCount());
    }

    /// Each call, with an empty message. What MetaStore has not built it may say of a learner, too.
    @Test
    @Statement("GEN-17")
    void refusesEveryOtherCall() throws Exception {
        Map<String, Status> others = new TreeMap<>();
        int refused = 0;
        for (String path : paths()) {
            Status end = UnbuiltCallsIT.end(learner.client(), path.substring(1));
            if (Refusal.NOT_BY_LEARNER.is(end)) {
                refused++;
            } else if (MemberTarget.isEtcd() || end.getCode() != Code.UNIMPLEMENTED) {
                others.put(path, end);
            } else {
                refused += ANSWERED.contains(path) ? 0 : 1;
            }
        }
        assertTrue(ANSWERED.containsAll(others.keySet()), others::toString);
        assertTrue(others.values().stream().allMatch(Status::isOk), others::toString);
        assertEquals(49 - ANSWERED.size(), refused);
    }

    private static List<String> paths() throws IOException {
        try (InputStream table = LearnerIT.class.getResourceAsStream("/wire-contract.tsv")) {
            return new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("rpc\t"))
                    .map(line -> line.split("\t", -1)[4])
                    .toList();
        }
    }

    @Test
    @Statement({"CLU-18", "MNT-20"})
    void neverLeads() {
        Member leader = cluster.leader();
        Refusal.BAD_TRANSFEREE.of(() -> moveLeader(leader, id));
        Refusal.NOT_LEADER.of(() -> moveLeader(followingVoter(), id));
        Refusal.NOT_BY_LEARNER.of(() -> moveLeader(learner, id));
        assertEquals(leader, cluster.leader());
    }

    /// Two of three voters are enough whether it is there or not, and one of three is not with its help.
    @Test
    @Statement("CLU-18")
    void hasNoVote(Keys keys) {
        Member leader = cluster.leader();
        List<Member> followers =
                voters.stream().filter(voter -> voter != leader).toList();
        learner.kill();
        leader.client().put(keys.key("a"), "1");
        followers.get(0).kill();
        leader.client().put(keys.key("b"), "1");
        learner.begin();
        learner.awaitLocal();
        followers.get(1).kill();
        StatusRuntimeException refusal = assertThrows(
                StatusRuntimeException.class,
                () -> leader.client()
                        .kv(Duration.ofSeconds(2))
                        .put(put(keys.key("c"), "1").build()));
        assertTrue(
                Set.of(Code.DEADLINE_EXCEEDED, Code.UNAVAILABLE)
                        .contains(refusal.getStatus().getCode()),
                refusal::toString);
        followers.forEach(Member::begin);
        followers.forEach(Member::await);
        long revision = cluster.leader().client().putRevision(keys.key("d"), "1");
        Cluster.caughtUp(learner, revision);
        assertEquals(voters.get(0).client().all(keys), local(learner, keys).getKvsList());
    }

    /// It has less than nine tenths of the log while it is down, and is promoted once it has caught up.
    @Test
    @Order(Integer.MAX_VALUE - 1)
    @Statement({"CLU-09", "CLU-16", "CLU-17", "CLU-18"})
    void becomesAVoterOnceItHasWhatTheLeaderHas(Keys keys) {
        learner.kill();
        Member leader = cluster.leader();
        Member follower = followingVoter();
        long had = Cluster.status(leader).getRaftIndex();
        for (int i = 0; i < had / 8 + 50; i++) {
            leader.client().put(keys.key("k" + i), "1");
        }
        for (Member asked : List.of(leader, follower)) {
            Refusal.LEARNER_NOT_READY.of(() -> MembershipCalls.through(asked).promote(id));
        }
        learner.begin();
        learner.awaitLocal();
        MemberPromoteResponse promoted = MembershipCalls.through(follower).promoteOnceInSync(id);
        assertEquals(
                Cluster.status(follower).getHeader().getMemberId(),
                promoted.getHeader().getMemberId());
        assertEquals(4, promoted.getMembersCount());
        assertFalse(
                promoted.getMembersList().stream().anyMatch(io.metastore.api.etcd.etcdserverpb.Member::getIsLearner));
        for (Member asked : List.of(leader, follower)) {
            Refusal.NOT_A_LEARNER.of(() -> MembershipCalls.through(asked).promote(id));
        }

        learner.await();
        assertFalse(Cluster.status(learner).getIsLearner());
        assertEquals(had / 8 + 50, learner.client().all(keys).size());
        assertEquals(
                promoted.getMembersList(),
                MembershipCalls.through(learner).list().getMembersList());
        cluster.hashesAgree(learner.client().putRevision(keys.key("own"), "1"));
        moveLeader(cluster.leader(), id);
        assertEquals(learner, cluster.leader());
        learner.client().put(keys.key("led"), "1");
    }

    /// It leads, and another is asked to remove it: it may end before it could answer that itself. Its data does not
    /// bring it back.
    @Test
    @Order(Integer.MAX_VALUE)
    @Statement({"CLU-19", "CLU-08", "CLU-09"})
    void endsOnceItIsRemoved(Keys keys) {
        assertEquals(learner, cluster.leader());
        MemberRemoveResponse removed = MembershipCalls.through(followingVoter()).removeOnceHealthy(id);
        long answered = System.nanoTime();
        assertEquals(3, removed.getMembersCount());
        assertFalse(MembershipCalls.ids(removed.getMembersList()).contains(id));
        learner.endedBy(Duration.ofSeconds(30));
        Duration took = Duration.ofNanos(System.nanoTime() - answered);
        assertTrue(took.compareTo(Duration.ofSeconds(10)) < 0, took::toString);

        List<Member> asked = new ArrayList<>(voters);
        Eventually.holds("another leads", () -> voters.contains(cluster.leader()));
        for (Member voter : asked) {
            voter.client().put(keys.key("a"), "1");
            Refusal.MEMBER_NOT_FOUND.of(() -> MembershipCalls.through(voter).remove(id));
        }
        learner.kill();
        learner.begin();
        learner.endedBy(Duration.ofSeconds(60));
        assertEquals(3, MembershipCalls.through(voters.get(0)).ids().size());
    }
}
