package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.WatchCall.all;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.Event.EventType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/// Leases that run out. On members of their own, since expiry makes revisions that other tests do not expect.
@BlackBox
class LeaseExpiryIT {

    /// How late an expiry may be on a busy machine; etcd names one second.
    private static final Duration LATE = Duration.ofSeconds(8);

    @Test
    @OwnMember
    @Statement("LEA-25")
    void expiresInTimeAndNeverEarly(Client client, Keys keys) {
        for (int ttl = 2; ttl <= 4; ttl++) {
            try (WatchCall watch = WatchCall.open(client)) {
                watch.create(all(keys, 0));
                long asked = System.nanoTime();
                long lease = client.grant(ttl);
                client.kv().put(put(keys.key("a"), "1").setLease(lease).build());
                assertEquals(EventType.PUT, watch.events(1).getFirst().getType());
                Event gone = watch.events(1).getFirst();
                Duration life = Duration.ofNanos(System.nanoTime() - asked);

                assertEquals(EventType.DELETE, gone.getType());
                assertTrue(life.compareTo(Duration.ofSeconds(ttl)) >= 0, life::toString);
                assertTrue(life.compareTo(Duration.ofSeconds(ttl).plus(LATE)) <= 0, life::toString);
                assertEquals(-1, timeToLive(client, lease).getTTL());
                assertTrue(client.get(keys.key("a")).isEmpty());
            }
        }
    }

    @Test
    @OwnMember
    @Statement({"LEA-09", "LEA-25"})
    void livesAsLongAsItIsRenewed(Client client, Keys keys) {
        long lease = client.grant(2);
        client.kv().put(put(keys.key("a"), "1").setLease(lease).build());
        try (WatchCall watch = WatchCall.open(client);
                Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals = keepAlive(client)) {
            watch.create(all(keys, 0));
            long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
            long renewed = 0;
            while (System.nanoTime() < end) {
                renewed = System.nanoTime();
                renewals.send(renewal(lease));
                assertEquals(2, renewals.next().getTTL());
            }
            assertEquals(List.of(), watch.call().arrived());
            assertEquals(EventType.DELETE, watch.events(1).getFirst().getType());
            Duration life = Duration.ofNanos(System.nanoTime() - renewed);

            assertTrue(life.compareTo(Duration.ofSeconds(2)) >= 0, life::toString);
        }
    }

    /// A renewal that comes when the time is over finds the lease revoked or waits until it is.
    @Test
    @OwnMember
    @Statement({"LEA-10", "LEA-11"})
    void doesNotRenewWhatHasExpired(Client client, Keys keys) throws InterruptedException {
        try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals = keepAlive(client)) {
            for (int i = 0; i < 3; i++) {
                long lease = client.grant(2);
                client.kv().put(put(keys.key("a"), "1").setLease(lease).build());
                renewals.send(renewal(lease));
                assertEquals(2, renewals.next().getTTL());
                long expired = System.nanoTime() + Duration.ofSeconds(2).toNanos();
                // The time itself has to pass; nothing tells of its end before the lease is revoked.
                while (System.nanoTime() < expired) {
                    Thread.sleep(1);
                }
                renewals.send(renewal(lease));
                LeaseKeepAliveResponse late = renewals.next();

                assertEquals(lease, late.getID());
                assertEquals(0, late.getTTL());
                assertTrue(client.get(keys.key("a")).isEmpty());
            }
            renewals.send(renewal(client.grant(60)));
            assertEquals(60, renewals.next().getTTL());
        }
    }

    @Test
    @OwnMember
    @Statement("LEA-16")
    void truncatesTheTimeLeft(Client client) {
        long asked = System.nanoTime();
        long lease = client.grant(60);
        long granted = System.nanoTime();
        long left = 60;
        while (left > 57) {
            long before = System.nanoTime();
            left = timeToLive(client, lease).getTTL();
            long after = System.nanoTime();
            long most = 60_000_000_000L - (before - granted);
            long least = 60_000_000_000L - (after - asked);
            long shown = left;
            assertTrue(
                    shown <= Math.floorDiv(most, 1_000_000_000L) && shown >= Math.floorDiv(least, 1_000_000_000L),
                    () -> shown + " with " + least + " to " + most + " ns left");
        }
    }

    @Test
    @OwnMember
    @Statement("LEA-21")
    void startsAnewWithTheLeader(Member member) {
        long lease = member.client().grant(60);
        long left = 60;
        while (left > 55) {
            left = timeToLive(member.client(), lease).getTTL();
        }
        member.kill();
        member.restart();

        LeaseTimeToLiveResponse after = timeToLive(member.client(), lease);
        assertEquals(60, after.getGrantedTTL());
        assertTrue(after.getTTL() > left && after.getTTL() <= 61, after::toString);
    }

    @Test
    @OwnMember
    @Statement({"LEA-21", "LEA-25"})
    void expiresAfterARestart(Member member, Keys keys) {
        long lease = member.client().grant(3);
        member.client().kv().put(put(keys.key("a"), "1").setLease(lease).build());
        member.kill();
        long down = System.nanoTime();
        member.restart();
        try (WatchCall watch = WatchCall.open(member.client())) {
            watch.create(all(keys, 0));
            assertEquals(EventType.DELETE, watch.events(1).getFirst().getType());
            Duration life = Duration.ofNanos(System.nanoTime() - down);

            assertTrue(life.compareTo(Duration.ofSeconds(3)) >= 0, life::toString);
        }
    }

    @Test
    @OwnMember
    @Statement("LEA-23")
    void expiresManyAtOnce(Client client, Keys keys) throws ExecutionException, InterruptedException {
        int count = 1200;
        List<ListenableFuture<LeaseGrantResponse>> grants = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            grants.add(LeaseGrpc.newFutureStub(client.channel())
                    .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(5).build()));
        }
        long asked = System.nanoTime();
        assertEquals(count, Futures.allAsList(grants).get().size());
        long lease = client.grant(5);
        client.kv().put(put(keys.key("a"), "1").setLease(lease).build());
        long revision = client.revision();
        while (leases(client) > 0) {
            Duration waited = Duration.ofNanos(System.nanoTime() - asked);
            assertTrue(waited.compareTo(Client.PATIENCE) < 0, () -> leases(client) + " left after " + waited);
        }

        // Only the lease with a key makes a revision.
        assertEquals(revision + 1, client.revision());
        assertTrue(client.get(keys.key("a")).isEmpty());
    }

    private static int leases(Client client) {
        return client.lease()
                .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                .getLeasesCount();
    }

    private static Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> keepAlive(Client client) {
        return Duplex.open(client.leaseAsync()::leaseKeepAlive);
    }

    private static LeaseKeepAliveRequest renewal(long id) {
        return LeaseKeepAliveRequest.newBuilder().setID(id).build();
    }

    private static LeaseTimeToLiveResponse timeToLive(Client client, long id) {
        return client.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).build());
    }
}
