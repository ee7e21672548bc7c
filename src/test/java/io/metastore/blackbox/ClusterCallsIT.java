package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.compaction;
import static io.metastore.blackbox.Requests.modRevision;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.physicalCompaction;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.Requests.when;
import static io.metastore.blackbox.WatchCall.all;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest.AlarmAction;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.ClusterGrpc;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.HashKVResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.etcdserverpb.MemberListRequest;
import io.metastore.api.etcd.etcdserverpb.MemberListResponse;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.Event.EventType;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/// Three healthy members: whoever is asked, there is one store.
@BlackBox
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterCallsIT {
    private static final int QUOTA = 24 << 20;
    private static final String CHUNK = "x".repeat(1 << 20);

    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.start(3, "--quota-backend-bytes=" + QUOTA);
    }

    @AfterAll
    static void end() {
        cluster.close();
    }

    private static Client client(int member) {
        return cluster.member(member).client();
    }

    @Test
    @Statement({"GEN-08", "GEN-13", "KVR-23"})
    void readsThroughEachWhatWasWrittenThroughEach(Keys keys) {
        Set<Long> clusters = new HashSet<>();
        Set<Long> members = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            ResponseHeader written = client(i % 3).put(keys.key("a"), "" + i).getHeader();
            clusters.add(written.getClusterId());
            members.add(written.getMemberId());
            int asked = (i + 1 + i / 3 % 2) % 3;
            KeyValue read = client(asked).get(keys.key("a")).orElseThrow();
            assertEquals("" + i, read.getValue().toStringUtf8());
            assertEquals(written.getRevision(), read.getModRevision());
        }
        assertEquals(1, clusters.size());
        assertEquals(3, members.size());
    }

    /// Each adds one by comparing and swapping, through another member: none of the additions is lost.
    @Test
    @Statement({"GEN-13", "TXN-01"})
    void comparesAndSwapsThroughAllAtOnce(Keys keys) throws Exception {
        int each = 20;
        ByteString key = keys.key("counter");
        client(0).put(key, "0");
        List<Future<?>> adders = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 6; i++) {
                Client client = client(i % 3);
                adders.add(threads.submit(() -> {
                    for (int added = 0; added < each; ) {
                        KeyValue now = client.get(key).orElseThrow();
                        String next = "" + (Integer.parseInt(now.getValue().toStringUtf8()) + 1);
                        added += client.txn(when(modRevision(key, CompareResult.EQUAL, now.getModRevision()))
                                                .addSuccess(op(put(key, next))))
                                        .getSucceeded()
                                ? 1
                                : 0;
                    }
                }));
            }
            for (Future<?> adder : adders) {
                adder.get(60, TimeUnit.SECONDS);
            }
        }
        for (int i = 0; i < 3; i++) {
            KeyValue last = client(i).get(key).orElseThrow();
            assertEquals("" + 6 * each, last.getValue().toStringUtf8());
            assertEquals(6 * each + 1, last.getVersion());
        }
    }

    @Test
    @Statement({"GEN-13", "LEA-15", "LEA-16", "LEA-17"})
    void renewsAndLooksUpLeasesThroughFollowers(Keys keys) {
        Client follower = cluster.follower().client();
        long lease = cluster.leader().client().grant(60);
        follower.kv().put(put(keys.key("a"), "1").setLease(lease).build());
        long left = 60;
        while (left > 57) {
            left = timeToLive(follower, lease).getTTL();
        }
        try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals =
                Duplex.open(follower.leaseAsync()::leaseKeepAlive)) {
            renewals.send(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
            assertEquals(60, renewals.next().getTTL());
            renewals.send(LeaseKeepAliveRequest.newBuilder().setID(4711).build());
            assertEquals(0, renewals.next().getTTL());
        }
        for (Member member : cluster.members()) {
            LeaseTimeToLiveResponse found = timeToLive(member.client(), lease);
            assertTrue(found.getTTL() > 57 && found.getTTL() <= 60, found::toString);
            assertEquals(60, found.getGrantedTTL());
            assertEquals(List.of(keys.key("a")), found.getKeysList());
            assertEquals(-1, timeToLive(member.client(), 4711).getTTL());
        }
    }

    private static LeaseTimeToLiveResponse timeToLive(Client client, long lease) {
        return client.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                        .setID(lease)
                        .setKeys(true)
                        .build());
    }

    @Test
    @Statement({"LEA-07", "LEA-22", "LEA-25", "WAT-39"})
    void revokesOnceWhatRunsOut(Keys keys) {
        List<WatchCall> watches = new ArrayList<>();
        try {
            for (Member member : cluster.members()) {
                WatchCall watch = WatchCall.open(member.client());
                watches.add(watch);
                watch.create(all(keys, 0));
            }
            long lease = cluster.follower().client().grant(2);
            client(0).kv().put(put(keys.key("a"), "1").setLease(lease).build());
            long put = client(1)
                    .kv()
                    .put(put(keys.key("b"), "1").setLease(lease).build())
                    .getHeader()
                    .getRevision();
            for (WatchCall watch : watches) {
                List<Event> events = watch.events(4);
                assertEquals(
                        List.of(EventType.PUT, EventType.PUT, EventType.DELETE, EventType.DELETE),
                        events.stream().map(Event::getType).toList());
                assertEquals(put + 1, events.get(2).getKv().getModRevision());
                assertEquals(put + 1, events.get(3).getKv().getModRevision());
            }
            assertEquals(put + 2, client(2).putRevision(keys.key("c"), "1"));
        } finally {
            watches.forEach(WatchCall::close);
        }
    }

    @Test
    @Statement({"CMP-01", "CMP-02", "GEN-13", "MNT-12"})
    void compactsOnAllThroughOne(Keys keys) {
        Client follower = cluster.follower().client();
        long first = client(0).putRevision(keys.key("a"), "1");
        client(1).put(keys.key("a"), "2");
        client(2).delete(keys.key("a"));
        long last = client(0).putRevision(keys.key("b"), "1");
        long hashed = last;
        var ignored = follower.kv().compact(physicalCompaction(last - 1));
        Set<Integer> hashes = new HashSet<>();
        for (Member member : cluster.members()) {
            Cluster.caughtUp(member, last);
            Eventually.holds(
                    "the compaction is known to " + member.endpoint(),
                    () -> hash(member, hashed).getCompactRevision() == last - 1);
            hashes.add(hash(member, hashed).getHash());
            Refusal.COMPACTED.of(
                    () -> member.client().range(range(keys).setRevision(first).setSerializable(true)));
            Refusal.COMPACTED.of(() -> member.client().kv().compact(compaction(last - 1)));
            Refusal.FUTURE_REV.of(() -> member.client().kv().compact(compaction(last + 1000)));
        }
        assertEquals(1, hashes.size(), hashes::toString);
    }

    private static HashKVResponse hash(Member member, long revision) {
        return member.client()
                .maintenance()
                .hashKV(HashKVRequest.newBuilder().setRevision(revision).build());
    }

    @Test
    @Statement({"CLU-01", "GEN-12"})
    void listsMembersInOneOrder() {
        Set<List<Long>> lists = new HashSet<>();
        for (Member member : cluster.members()) {
            MemberListResponse list = ClusterGrpc.newBlockingStub(
                            member.client().channel())
                    .withDeadlineAfter(Client.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .memberList(
                            MemberListRequest.newBuilder().setLinearizable(true).build());
            assertEquals(0, list.getHeader().getRevision());
            lists.add(list.getMembersList().stream()
                    .map(io.metastore.api.etcd.etcdserverpb.Member::getID)
                    .toList());
        }
        assertEquals(1, lists.size(), lists::toString);
        List<Long> ids = lists.iterator().next();
        assertEquals(ids.stream().sorted(Long::compareUnsigned).toList(), ids);
    }

    /// The alarm of one member binds all.
    @Test
    @Statement({"ALM-03", "ALM-07", "ALM-08", "ALM-09", "MNT-04"})
    void heedsTheAlarmOfOneOnAll(Keys keys) {
        for (Refusal refusal : List.of(Refusal.NO_SPACE, Refusal.CORRUPT)) {
            AlarmType type = refusal == Refusal.CORRUPT ? AlarmType.CORRUPT : AlarmType.NOSPACE;
            long named = Cluster.status(cluster.member(1)).getHeader().getMemberId();
            alarm(client(0), AlarmAction.ACTIVATE, named, type);
            for (Member member : cluster.members()) {
                refusal.of(() -> member.client().put(keys.key("a"), "1"));
                refusal.of(() -> member.client().grant(60));
                assertEquals(
                        List.of(AlarmMember.newBuilder()
                                .setMemberID(named)
                                .setAlarm(type)
                                .build()),
                        alarm(member.client(), AlarmAction.GET, 0, AlarmType.NONE));
                assertEquals(1, Cluster.status(member).getErrorsCount());
                assertEquals(0, member.client().all(keys).size());
            }
            alarm(client(2), AlarmAction.DEACTIVATE, named, type);
            for (Member member : cluster.members()) {
                assertEquals(List.of(), alarm(member.client(), AlarmAction.GET, 0, AlarmType.NONE));
                member.client().put(keys.key("a"), "1");
                assertEquals(0, Cluster.status(member).getErrorsCount());
            }
            client(0).delete(keys.key("a"));
        }
    }

    private static List<AlarmMember> alarm(Client client, AlarmAction action, long member, AlarmType type) {
        return client.maintenance()
                .alarm(AlarmRequest.newBuilder()
                        .setAction(action)
                        .setMemberID(member)
                        .setAlarm(type)
                        .build())
                .getAlarmsList();
    }

    @Test
    @Order(Integer.MAX_VALUE)
    @Statement({"ALM-01", "ALM-02", "ALM-03"})
    void growsNoFurtherOnAnyWhenOneIsFull(Keys keys) {
        Client follower = cluster.follower().client();
        StatusRuntimeException full = assertThrows(StatusRuntimeException.class, () -> {
            for (int i = 0; i < 64; i++) {
                follower.put(keys.key("" + i), CHUNK);
            }
        });
        assertTrue(Refusal.NO_SPACE.is(full.getStatus()), full::toString);
        List<AlarmMember> raised = alarm(follower, AlarmAction.GET, 0, AlarmType.NONE);
        assertTrue(!raised.isEmpty() && raised.size() <= 3, raised::toString);
        for (Member member : cluster.members()) {
            Refusal.NO_SPACE.of(() -> member.client().put(keys.key("more"), "1"));
            Refusal.NO_SPACE.of(() -> member.client().grant(60));
            assertTrue(member.client().get(keys.key("0")).isPresent());
        }
        long revision = client(1).delete(keys.key("0"));
        cluster.hashesAgree(revision);
    }
}
