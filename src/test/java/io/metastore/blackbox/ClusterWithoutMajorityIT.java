package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.compaction;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.Requests.then;
import static io.metastore.blackbox.Requests.version;
import static io.metastore.blackbox.Requests.when;
import static io.metastore.blackbox.WatchCall.all;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.ClusterGrpc;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseStatus;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.etcdserverpb.MemberListRequest;
import io.metastore.api.etcd.etcdserverpb.MemberListResponse;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/// The leader of three members after the two others were killed: what it still answers, and how it says no.
@BlackBox
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterWithoutMajorityIT {
    /// How soon an answer comes that waits for nobody.
    private static final Duration AT_ONCE = Duration.ofSeconds(3);

    private static final Keys KEYS = Keys.fresh();

    private static Cluster cluster;
    private static Member left;
    private static Client client;
    private static long written;
    private static long lease;
    private static long shortLease;

    private static WatchCall silent;
    private static WatchCall bound;
    private static boolean boundOutlivedTheLeader;

    private static Late underWay;
    private static Late read;
    private static Late listed;
    private static Late renewed;
    private static final Map<String, Late> WRITES = new TreeMap<>();

    @BeforeAll
    static void loseTheOthers() {
        cluster = Cluster.start(3);
        left = cluster.leader();
        client = left.client();
        written = client.putRevision(KEYS.key("a"), "1");
        lease = client.grant(60);
        shortLease = client.grant(4);
        client.kv().put(put(KEYS.key("leased"), "1").setLease(shortLease).build());
        silent = WatchCall.open(client);
        silent.create(all(KEYS, 0));
        bound = new WatchCall(Duplex.open(client.watch().withInterceptors(hasLeader())::watch));
        bound.create(all(KEYS, 0));

        cluster.others(left).forEach(Member::kill);
        underWay = Late.call(() -> client.put(KEYS.key("under way"), "1"));
        Eventually.holds("the member knows that nobody leads", () -> status().getLeader() == 0);
        boundOutlivedTheLeader = !bound.call().hasEnded();

        WRITES.put("put", Late.call(() -> client.put(KEYS.key("never proposed"), "1")));
        WRITES.put("delete", Late.call(() -> client.delete(KEYS.key("a"))));
        WRITES.put("txn", Late.call(() -> client.txn(then(op(put(KEYS.key("never proposed"), "1"))))));
        WRITES.put("compact", Late.call(() -> client.kv().compact(compaction(written))));
        WRITES.put("grant", Late.call(() -> client.grant(60)));
        read = Late.call(() -> client.get(KEYS.key("a")));
        listed = Late.call(() -> members(true));
        renewed = Late.call(ClusterWithoutMajorityIT::renew);
    }

    @AfterAll
    static void end() {
        cluster.close();
    }

    private static StatusResponse status() {
        return Cluster.status(left);
    }

    private static ClientInterceptor hasLeader() {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
        return MetadataUtils.newAttachHeadersInterceptor(metadata);
    }

    private static MemberListResponse members(boolean linearizable) {
        return ClusterGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(Client.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .memberList(MemberListRequest.newBuilder()
                        .setLinearizable(linearizable)
                        .build());
    }

    /// Asks for a renewal and throws what the call ends with.
    private static void renew() {
        try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals =
                Duplex.open(client.leaseAsync()::leaseKeepAlive)) {
            renewals.send(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
            Status status = renewals.awaitEnd();
            assertEquals(List.of(), renewals.arrived());
            throw status.asRuntimeException();
        }
    }

    @Test
    @Statement("GEN-14")
    void refusesThoseWhoDemandALeader() {
        long asked = System.nanoTime();
        Refusal.NO_LEADER.of(() -> client.kv()
                .withInterceptors(hasLeader())
                .range(range(KEYS).setSerializable(true).build()));
        Refusal.NO_LEADER.of(() -> client.kv()
                .withInterceptors(hasLeader())
                .put(put(KEYS.key("b"), "1").build()));
        try (WatchCall refused = new WatchCall(Duplex.open(client.watch().withInterceptors(hasLeader())::watch));
                Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals =
                        Duplex.open(client.leaseAsync().withInterceptors(hasLeader())::leaseKeepAlive)) {
            Status end = refused.call().awaitEnd();
            assertTrue(Refusal.NO_LEADER.is(end), end::toString);
            Status endOfRenewals = renewals.awaitEnd();
            assertTrue(Refusal.NO_LEADER.is(endOfRenewals), endOfRenewals::toString);
        }
        atOnce(asked);
        assertEquals(2, serializable().size());
    }

    private static void atOnce(long askedNanos) {
        Duration took = Duration.ofNanos(System.nanoTime() - askedNanos);
        assertTrue(took.compareTo(AT_ONCE) < 0, took::toString);
    }

    /// Names of the keys that the member has, without asking anybody.
    private static List<String> serializable() {
        return KEYS.names(client.range(range(KEYS).setSerializable(true)).getKvsList());
    }

    @Test
    @Statement({"GEN-15", "WAT-38", "WAT-39"})
    void cutsStreamsThatDemandALeaderAndNoOthers() {
        assertTrue(boundOutlivedTheLeader, "the stream was cut before its leader was gone for three ticks");
        Status end = bound.call().awaitEnd();
        assertTrue(Refusal.NO_LEADER.is(end), end::toString);
        assertEquals(Optional.empty(), silent.call().poll(Duration.ofMillis(100)));

        WatchResponse created = silent.create(all(KEYS, written));
        WatchResponse events = silent.nextEvents();
        assertEquals(created.getWatchId(), events.getWatchId());
        assertEquals(KEYS.key("a"), events.getEvents(0).getKv().getKey());
    }

    @Test
    @Statement("GEN-21")
    void endsAWriteThatTheLeaderHadTakenAtItsTimeLimit() {
        underWay.end().refusedAtTheLimit(Refusal.TIMED_OUT);
    }

    @Test
    @Statement("GEN-22")
    void endsWritesThatNoLeaderTookAtTheirTimeLimit() {
        WRITES.forEach((name, write) -> write.end().refusedAtTheLimit(Refusal.NOT_PROPOSED));
    }

    @Test
    @Statement("KVR-24")
    void endsLinearizableReadsAtTheirTimeLimit() {
        read.end().refusedAtTheLimit(Refusal.TIMED_OUT);
    }

    /// What the Go client tries again elsewhere is UNAVAILABLE; what no member would accept must not be.
    @Test
    @Statement("GEN-26")
    void refusesInvalidRequestsAsAMemberWithALeaderDoes() {
        long asked = System.nanoTime();
        Refusal.EMPTY_KEY.of(() -> client.put(ByteString.EMPTY, "1"));
        Refusal.EMPTY_KEY.of(() -> client.get(ByteString.EMPTY));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(op(put(KEYS.key("b"), "1")), op(put(KEYS.key("b"), "2")))));
        Refusal.LEASE_PROVIDED.of(() -> client.kv()
                .put(put(KEYS.key("b"), "").setIgnoreLease(true).setLease(lease).build()));
        Refusal.FUTURE_REV.of(
                () -> client.range(range(KEYS).setSerializable(true).setRevision(Long.MAX_VALUE)));
        atOnce(asked);
    }

    @Test
    @Statement("TXN-26")
    void answersATransactionOfComparesOnly() {
        long asked = System.nanoTime();
        assertTrue(
                client.txn(when(version(KEYS.key("a"), CompareResult.EQUAL, 1))).getSucceeded());
        assertFalse(
                client.txn(when(version(KEYS.key("a"), CompareResult.EQUAL, 2))).getSucceeded());
        atOnce(asked);
    }

    @Test
    @Statement({"CLU-01", "GEN-12", "MNT-03", "MNT-04"})
    void tellsOfItselfWithoutAskingAnybody() {
        long asked = System.nanoTime();
        MemberListResponse local = members(false);
        assertEquals(3, local.getMembersCount());
        assertEquals(0, local.getHeader().getRevision());
        assertEquals(0, status().getLeader());
        assertEquals(List.of("etcdserver: no leader"), status().getErrorsList());
        atOnce(asked);
        Late.End end = listed.end();
        assertFalse(end.status().isOk(), end::toString);
        assertTrue(end.took().compareTo(Late.LIMIT.minusMillis(200)) >= 0, end::toString);
    }

    @Test
    @Statement({"LEA-15", "LEA-19", "LEA-22"})
    void leavesLeasesAlone() {
        renewed.end().refusedAtTheLimit(Refusal.NO_LEADER);
        // By now the time of the short one is over, by far.
        assertEquals(List.of("a", "leased"), serializable());
        List<Long> ids = client.lease().leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList().stream()
                .map(LeaseStatus::getID)
                .sorted()
                .toList();
        assertEquals(List.of(lease, shortLease).stream().sorted().toList(), ids);
    }

    /// What was refused because nobody led does not happen later.
    @Test
    @Order(Integer.MAX_VALUE - 1)
    @Statement({"GEN-22", "LEA-21", "LEA-25"})
    void goesOnWithTheNextLeader() {
        WRITES.values().forEach(Late::end);
        startAnother();
        long now = client.putRevision(KEYS.key("b"), "2");
        // The write that the leader had taken may be there, and nothing else.
        assertTrue(now == written + 3 || now == written + 4, () -> written + " then " + now);
        assertEquals(Optional.empty(), client.get(KEYS.key("never proposed")));
        assertEquals("1", client.get(KEYS.key("a")).orElseThrow().getValue().toStringUtf8());
        LeaseTimeToLiveResponse longOne = client.lease()
                .leaseTimeToLive(
                        LeaseTimeToLiveRequest.newBuilder().setID(lease).build());
        assertTrue(longOne.getTTL() > 30 && longOne.getTTL() <= 61, longOne::toString);
        Eventually.holds(
                "the short lease runs out under the new leader",
                () -> client.get(KEYS.key("leased")).isEmpty());
        assertEquals(
                1,
                client.lease()
                        .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                        .getLeasesCount());
    }

    private static Member startAnother() {
        Member other = cluster.members().stream()
                .filter(member -> !member.isAlive())
                .findFirst()
                .orElseThrow();
        other.begin();
        other.await();
        return other;
    }

    @Test
    @Order(Integer.MAX_VALUE)
    @Statement("GEN-03")
    void answersAfterAStartOnlyWhenThereIsAMajority() {
        cluster.others(left).forEach(Member::kill);
        left.kill();
        int shown = left.log().length();
        left.begin();
        Eventually.holds("the member has begun to speak", () -> left.log().length() > shown);
        StatusRuntimeException unanswered = assertThrows(
                StatusRuntimeException.class,
                () -> left.client()
                        .kv(Duration.ofSeconds(6))
                        .withWaitForReady()
                        .range(range(bytes("a")).setSerializable(true).build()));
        assertEquals(Status.Code.DEADLINE_EXCEEDED, unanswered.getStatus().getCode());

        startAnother();
        left.await();
        assertTrue(left.client().get(KEYS.key("a")).isPresent());
    }
}
