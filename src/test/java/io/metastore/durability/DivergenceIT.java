package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest.AlarmAction;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.MoveLeaderRequest;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Cluster;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MembershipCalls;
import io.metastore.blackbox.Refusal;
import io.metastore.blackbox.Requests;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A state that has gone another way than the others: here a row is taken out of it behind the program's back,
/// so that the next put of the key makes another version of it than elsewhere.
@Tag("blackbox")
@Timeout(180)
class DivergenceIT {
    private static final String KEY = "app/replicas";
    private static final Duration KNOWN_WITHIN = Duration.ofSeconds(10);
    private static final int REFUSED = 65;

    private static Cluster start(int size) {
        return Cluster.start(size);
    }

    private static void forgetTheKey(Member member) {
        // In order: after a crash the log would bring the key again.
        member.stop();
        Engine engine = EngineKind.ROCKSDB.open(member.dataDir().resolve("member/state"));
        try {
            WriteBatch batch = engine.newBatch();
            batch.delete(Table.KEYS, KEY.getBytes(StandardCharsets.UTF_8));
            engine.write(batch);
            engine.flush();
        } finally {
            engine.close();
        }
    }

    private static List<AlarmMember> alarms(Member member) {
        return alarms(member.client(), AlarmAction.GET, 0);
    }

    private static List<AlarmMember> alarms(Client client, AlarmAction action, long member) {
        return client.maintenance()
                .alarm(AlarmRequest.newBuilder()
                        .setAction(action)
                        .setMemberID(member)
                        .setAlarm(AlarmType.CORRUPT)
                        .build())
                .getAlarmsList();
    }

    private static long id(Member member) {
        return Cluster.status(member).getHeader().getMemberId();
    }

    /// That member alone stops, the alarm names it, the others go on, and a new member takes its place.
    @Test
    void theOneThatDiffersStopsAndIsReplaced() {
        try (Cluster cluster = start(3)) {
            Member leader = cluster.leader();
            leader.client().put(Requests.bytes(KEY), "1");
            Member wrong = cluster.follower();
            long id = id(wrong);
            long before = leader.client().putRevision(Requests.bytes("before"), "1");
            Cluster.caughtUp(wrong, before);
            forgetTheKey(wrong);
            wrong.restart();
            Cluster.caughtUp(wrong, cluster.leader().client().putRevision(Requests.bytes("equal"), "1"));

            long began = System.nanoTime();
            cluster.leader().client().put(Requests.bytes(KEY), "2");
            wrong.endedBy(KNOWN_WITHIN);
            System.out.printf("known after %d ms%n", (System.nanoTime() - began) / 1_000_000);
            assertTrue(wrong.log().contains("it differs from that of 2 of 3 voters"), wrong.log());

            for (Member other : cluster.others(wrong)) {
                other.client().put(Requests.bytes("after"), "1");
                Eventually.holds(
                        "the alarm names the member",
                        () -> alarms(other)
                                .equals(List.of(AlarmMember.newBuilder()
                                        .setMemberID(id)
                                        .setAlarm(AlarmType.CORRUPT)
                                        .build())));
                assertEquals(200, other.get("/health").statusCode());
                assertEquals(200, other.get("/readyz").statusCode());
            }

            wrong.begin();
            assertEquals(REFUSED, wrong.endedBy(Client.PATIENCE));
            assertTrue(wrong.log().contains("its data cannot be trusted"), wrong.log());

            MembershipCalls calls = MembershipCalls.through(cluster.leader());
            calls.removeOnceHealthy(id);
            cluster.left(wrong);
            Member newcomer = cluster.newcomer();
            calls.addVoterOnceHealthy(newcomer.peerUrl());
            cluster.begin(newcomer);
            newcomer.await();
            assertEquals(
                    1, alarms(newcomer.client(), AlarmAction.DEACTIVATE, id).size());
            assertEquals(List.of(), alarms(cluster.leader()));
            cluster.hashesAgree(cluster.leader().client().putRevision(Requests.bytes(KEY), "3"));
        }
    }

    /// The leader is no exception.
    @Test
    void aLeaderThatDiffersStops() {
        try (Cluster cluster = start(3)) {
            cluster.leader().client().put(Requests.bytes(KEY), "1");
            Member wrong = cluster.leader();
            cluster.hashesAgree(wrong.client().putRevision(Requests.bytes("before"), "1"));
            forgetTheKey(wrong);
            wrong.restart();
            Cluster.caughtUp(wrong, cluster.leader().client().putRevision(Requests.bytes("equal"), "1"));
            Client client = wrong.client();
            Eventually.holds("it leads again", () -> leadsAfterAsking(cluster, wrong));
            client.put(Requests.bytes(KEY), "2");
            wrong.endedBy(KNOWN_WITHIN);
            Member next = cluster.leader();
            next.client().put(Requests.bytes("after"), "1");
            assertEquals(2, cluster.others(wrong).size());
        }
    }

    private static boolean leadsAfterAsking(Cluster cluster, Member wanted) {
        Member leader = cluster.leader();
        if (leader == wanted) {
            return true;
        }
        leader.client()
                .maintenance()
                .moveLeader(
                        MoveLeaderRequest.newBuilder().setTargetID(id(wanted)).build());
        return cluster.leader() == wanted;
    }

    /// Of two nobody can tell who is right: as in etcd, writes stop everywhere.
    @Test
    void oneOfTwoThatDiffersStopsWritesEverywhere() {
        try (Cluster cluster = start(2)) {
            cluster.leader().client().put(Requests.bytes(KEY), "1");
            Member wrong = cluster.follower();
            cluster.hashesAgree(cluster.leader().client().putRevision(Requests.bytes("before"), "1"));
            forgetTheKey(wrong);
            wrong.restart();
            cluster.leader().client().put(Requests.bytes(KEY), "2");
            Member leader = cluster.leader();
            Eventually.holds("the alarm is raised", () -> alarms(leader).size() == 1);
            Refusal.CORRUPT.of(() -> leader.client().put(Requests.bytes("after"), "1"));
            assertTrue(wrong.isAlive());
        }
    }
}
