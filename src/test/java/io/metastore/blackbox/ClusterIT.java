package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.WatchCall.all;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.ClusterGrpc;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.etcdserverpb.MemberListRequest;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.Event.EventType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Three members that serve as one store, and what becomes of it when some of them end.
@BlackBox
@Timeout(240)
class ClusterIT {
    /// What a member says when the state of the leader has become its own.
    private static final String INSTALLED = "a snapshot has taken the state from index";

    /// Snapshots often, and a log that is kept for nobody.
    private static final String[] OFTEN = MemberTarget.isEtcd()
            ? new String[] {"--snapshot-count=100"}
            : new String[] {"--snapshot-count=100", "--metastore.snapshot.follower-log-bytes=0"};

    private static final int WRITERS = 16;

    /// How long a call may hang between two leaders on a busy machine.
    private static final Duration CALL = Duration.ofSeconds(10);

    /// How late writes may go on after the loss of a leader whose followers wait one second for it.
    private static final Duration NEW_LEADER = Duration.ofSeconds(15);

    @Test
    void serveInAnyOrderOfTheirStart() {
        try (Cluster cluster = Cluster.unstarted(3, "http")) {
            cluster.member(2).begin();
            cluster.member(0).begin();
            cluster.member(0).await();
            cluster.member(1).begin();
            cluster.members().forEach(Member::await);

            serveThroughEach(cluster);
            membersAreListed(cluster);
            cluster.leader();
        }
    }

    @Test
    void serveOverPeerTls() {
        try (Cluster cluster = Cluster.startWith("https", 3, "--peer-auto-tls=true")) {
            serveThroughEach(cluster);
        }
    }

    /// A leader that stops lets another lead first, and everybody stops as one who has ended, not as one who has
    /// failed.
    @Test
    void stopInOrderAndStartAgain() {
        try (Cluster cluster = Cluster.start(3)) {
            Keys keys = Keys.fresh();
            Member first = cluster.leader();
            first.client().put(keys.key("a"), "1");
            int status = first.stop();
            assertFalse(first.log().contains("the member stops:"), first::log);
            long revision = cluster.follower().client().putRevision(keys.key("b"), "2");
            for (Member member : cluster.others(first)) {
                assertEquals(status, member.stop(), member::log);
                assertFalse(member.log().contains("Exception"), member::log);
            }
            cluster.members().forEach(Member::begin);
            cluster.members().forEach(Member::await);
            for (Member member : cluster.members()) {
                assertEquals(
                        "2",
                        member.client()
                                .get(keys.key("b"))
                                .orElseThrow()
                                .getValue()
                                .toStringUtf8());
            }
            cluster.hashesAgree(revision);
        }
    }

    /// It may have voted for, or acknowledged, what it does not know any more.
    @Test
    void aMemberThatLostItsDataIsTurnedAway() {
        try (Cluster cluster = Cluster.start(3)) {
            Keys keys = Keys.fresh();
            cluster.member(0).client().put(keys.key("a"), "1");
            Member lost = cluster.follower();
            lost.kill();
            lost.loseData();
            lost.begin();
            assertNotEquals(0, lost.endedBy(Duration.ofSeconds(60)), lost::log);
            if (!MemberTarget.isEtcd()) {
                assertTrue(lost.log().contains("its data was lost or is of another time"), lost::log);
            }
            cluster.follower().client().put(keys.key("a"), "2");
        }
    }

    private static void serveThroughEach(Cluster cluster) {
        Keys keys = Keys.fresh();
        long revision = 0;
        for (Member member : cluster.members()) {
            Client client = member.client();
            ByteString key = keys.key("through-" + member.endpoint());
            try (WatchCall watch = WatchCall.open(client)) {
                watch.create(all(keys, 0));
                client.put(key, "1");
                assertEquals(key, watch.events(1).getFirst().getKv().getKey());
                assertTrue(client.txn(Requests.when(Requests.version(key, CompareResult.EQUAL, 1))
                                .addSuccess(Requests.op(put(key, "2"))))
                        .getSucceeded());
                assertEquals("2", watch.events(1).getFirst().getKv().getValue().toStringUtf8());
            }
            long lease = client.grant(60);
            revision = client.kv()
                    .put(put(keys.key("leased"), "3").setLease(lease).build())
                    .getHeader()
                    .getRevision();
            for (Member other : cluster.members()) {
                assertEquals(
                        "2", other.client().get(key).orElseThrow().getValue().toStringUtf8());
                assertEquals(60, timeToLive(other.client(), lease).getGrantedTTL());
            }
        }
        cluster.hashesAgree(revision);
    }

    private static void membersAreListed(Cluster cluster) {
        Set<String> expected = cluster.members().stream()
                .map(member -> member.initialCluster() + " http://" + member.endpoint())
                .collect(Collectors.toSet());
        for (Member member : cluster.members()) {
            Set<String> found = new HashSet<>();
            // A member makes its client URLs known a little after it began to serve.
            Eventually.holds("all members are listed with their URLs: " + expected, () -> {
                found.clear();
                ClusterGrpc.newBlockingStub(member.client().channel())
                        .withDeadlineAfter(CALL.toMillis(), TimeUnit.MILLISECONDS)
                        .memberList(MemberListRequest.newBuilder()
                                .setLinearizable(true)
                                .build())
                        .getMembersList()
                        .forEach(each -> found.add(each.getName() + "=" + each.getPeerURLs(0) + " "
                                + String.join(",", each.getClientURLsList())));
                return found.equals(expected);
            });
        }
    }

    @Test
    void keepAcknowledgedWritesWhenTheLeaderIsKilled() throws Exception {
        try (Cluster cluster = Cluster.start(3)) {
            Keys keys = Keys.fresh();
            Set<String> acknowledged = ConcurrentHashMap.newKeySet();
            Member killed = cluster.leader();
            try (ManyPuts puts = new ManyPuts(cluster.members(), keys, acknowledged)) {
                Eventually.holds("writers write", () -> acknowledged.size() > 200);
                killed.kill();
                long down = System.nanoTime();
                Client survivor = cluster.others(killed).getFirst().client();
                Eventually.holds("writes go on", NEW_LEADER, () -> isPut(survivor, keys.key("probe")));
                System.out.printf("writes went on after %d ms%n", (System.nanoTime() - down) / 1_000_000);
                int before = acknowledged.size();
                Eventually.holds("the writers go on", () -> acknowledged.size() > before + 200);
                killed.restart();
                puts.end();
            }
            long revision = cluster.member(0).client().revision();
            for (Member member : cluster.members()) {
                assertAllThere(member.client(), keys, acknowledged, false);
                Cluster.caughtUp(member, revision);
                assertAllThere(member.client(), keys, acknowledged, true);
            }
            cluster.hashesAgree(revision);
        }
    }

    private static boolean isPut(Client client, ByteString key) {
        try {
            return client.kv(Duration.ofSeconds(2))
                            .put(put(key, "").build())
                            .getHeader()
                            .getRevision()
                    > 0;
        } catch (StatusRuntimeException _) {
            return false;
        }
    }

    private static void assertAllThere(Client client, Keys keys, Set<String> acknowledged, boolean serializable) {
        Set<String> lost = new HashSet<>(acknowledged);
        keys.names(client.range(range(keys).setKeysOnly(true).setSerializable(serializable))
                        .getKvsList())
                .forEach(lost::remove);
        assertEquals(Set.of(), lost);
    }

    /// Writers, each with one put under way, spread over members. A put that fails is not tried again.
    private static final class ManyPuts implements AutoCloseable {
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private final List<Client> clients = new ArrayList<>();
        private final List<Future<?>> running = new ArrayList<>();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final AtomicInteger next = new AtomicInteger();

        ManyPuts(List<Member> members, Keys keys, Set<String> acknowledged) {
            members.forEach(member -> clients.add(member.connect()));
            for (int i = 0; i < WRITERS; i++) {
                Client client = clients.get(i % clients.size());
                running.add(threads.submit(() -> write(client, keys, acknowledged)));
            }
        }

        private void write(Client client, Keys keys, Set<String> acknowledged) {
            while (!ended.get()) {
                String name = "w" + next.getAndIncrement();
                try {
                    // Waits for the connection, so that the writers of a killed member do not spin.
                    var ignored = client.kv(CALL)
                            .withWaitForReady()
                            .put(put(keys.key(name), "1").build());
                    acknowledged.add(name);
                } catch (StatusRuntimeException unknown) {
                    assertTrue(
                            Set.of(Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.UNKNOWN)
                                    .contains(unknown.getStatus().getCode()),
                            unknown::toString);
                }
            }
        }

        /// Ends the writers in order; what none of them expected fails.
        void end() throws Exception {
            ended.set(true);
            for (Future<?> writer : running) {
                writer.get(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }

        @Override
        public void close() {
            ended.set(true);
            clients.forEach(Client::close);
            threads.shutdownNow();
        }
    }

    @Test
    void keepLeasesWhereverTheyAreAskedFor() {
        try (Cluster cluster = Cluster.start(3)) {
            Keys keys = Keys.fresh();
            Member follower = cluster.follower();
            long kept = follower.client().grant(60);
            follower.client().kv().put(put(keys.key("kept"), "1").setLease(kept).build());
            try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals = renewals(follower)) {
                assertEquals(60, renewed(renewals, kept));
            }
            long left = timeToLive(follower.client(), kept).getTTL();
            assertTrue(left > 30 && left <= 60, () -> "TTL " + left);

            runsOutOnce(cluster, follower, keys);

            Member killed = cluster.leader();
            killed.kill();
            for (Member member : cluster.others(killed)) {
                LeaseTimeToLiveResponse[] after = new LeaseTimeToLiveResponse[1];
                Eventually.holds("the lease is known through " + member.endpoint(), NEW_LEADER, () -> {
                    try {
                        after[0] = timeToLive(member.client(), kept);
                        return true;
                    } catch (StatusRuntimeException _) {
                        return false;
                    }
                });
                assertEquals(60, after[0].getGrantedTTL());
                assertTrue(after[0].getTTL() > 0, () -> after[0].toString());
                try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals = renewals(member)) {
                    assertEquals(60, renewed(renewals, kept));
                }
                assertTrue(member.client().get(keys.key("kept")).isPresent());
            }
        }
    }

    private static void runsOutOnce(Cluster cluster, Member follower, Keys keys) {
        List<WatchCall> watches = new ArrayList<>();
        try {
            for (Member member : cluster.members()) {
                WatchCall watch = WatchCall.open(member.client());
                watches.add(watch);
                watch.create(WatchCall.one(keys.key("short"), 0));
            }
            long lease = follower.client().grant(2);
            long put = follower.client()
                    .kv()
                    .put(put(keys.key("short"), "1").setLease(lease).build())
                    .getHeader()
                    .getRevision();
            for (WatchCall watch : watches) {
                assertEquals(EventType.PUT, watch.events(1).getFirst().getType());
                Event gone = watch.events(1).getFirst();
                assertEquals(EventType.DELETE, gone.getType());
                assertEquals(put + 1, gone.getKv().getModRevision());
            }
            for (Member member : cluster.members()) {
                assertEquals(put + 1, member.client().revision());
                assertEquals(-1, timeToLive(member.client(), lease).getTTL());
            }
        } finally {
            watches.forEach(WatchCall::close);
        }
    }

    private static Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals(Member member) {
        return Duplex.open(member.client().leaseAsync()::leaseKeepAlive);
    }

    private static long renewed(Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals, long lease) {
        renewals.send(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        return renewals.next().getTTL();
    }

    private static LeaseTimeToLiveResponse timeToLive(Client client, long id) {
        return client.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).build());
    }

    @Test
    void catchUpBySnapshot() {
        try (Cluster cluster = Cluster.start(3, OFTEN)) {
            Keys keys = Keys.fresh();
            Member late = cluster.follower();
            Client client = cluster.leader().client();
            long first = client.putRevision(keys.key("0"), "0");
            late.kill();
            int more = 1_000;
            long last = first;
            for (int i = 1; i <= more; i++) {
                last = client.putRevision(keys.key("" + i % 10), "" + i);
            }
            int shown = late.log().length();
            late.restart();
            Cluster.caughtUp(late, last);

            String said = late.log().substring(shown);
            // etcd says it in words of its own.
            assertTrue(MemberTarget.isEtcd() || said.contains(INSTALLED), said);
            cluster.hashesAgree(last);
            try (WatchCall watch = WatchCall.open(late.client())) {
                watch.create(all(keys, first));
                List<String> values = watch.events(more + 1).stream()
                        .map(event -> event.getKv().getValue().toStringUtf8())
                        .toList();
                assertEquals(
                        IntStream.rangeClosed(0, more)
                                .mapToObj(Integer::toString)
                                .toList(),
                        values);
            }
        }
    }

    @Test
    void answerWithErrorsWithoutAMajority() {
        try (Cluster cluster = Cluster.start(3)) {
            Keys keys = Keys.fresh();
            Member left = cluster.follower();
            long revision = left.client().putRevision(keys.key("a"), "1");
            cluster.others(left).forEach(Member::kill);

            for (int i = 0; i < 2; i++) {
                refusedInTime(() -> left.client().get(keys.key("a")));
                refusedInTime(() -> left.client().put(keys.key("b"), "2"));
                assertEquals(
                        "1",
                        left.client()
                                .range(range(keys.key("a")).setSerializable(true))
                                .getKvs(0)
                                .getValue()
                                .toStringUtf8());
            }
            List<Member> ended = cluster.members().stream()
                    .filter(member -> !member.isAlive())
                    .toList();
            ended.forEach(Member::begin);
            ended.forEach(Member::await);
            // A write that ended with an error may have been kept.
            assertTrue(left.client().putRevision(keys.key("c"), "3") > revision);
            cluster.hashesAgree(left.client().revision());
        }
    }

    private static void refusedInTime(Runnable call) {
        long asked = System.nanoTime();
        StatusRuntimeException refusal = assertThrows(StatusRuntimeException.class, call::run);
        Duration took = Duration.ofNanos(System.nanoTime() - asked);
        // The client's own limit is longer: the member has to be the one who says no.
        assertTrue(took.compareTo(Duration.ofSeconds(15)) < 0, () -> refusal + " after " + took);
        // etcd ends a read with its own deadline.
        assertTrue(
                Set.of(Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED)
                        .contains(refusal.getStatus().getCode()),
                refusal::toString);
    }
}
