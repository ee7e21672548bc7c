package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseStatus;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Leases that are granted, renewed, looked up and revoked.
@BlackBox
class LeaseIT {

    private static final long UNKNOWN = 0x7eadL << 40;

    @Test
    @Statement({"LEA-01", "LEA-05", "LEA-06"})
    void choosesIds(Client client) {
        long revision = client.revision();
        Set<Long> ids = Set.of(grantId(client), grantId(client), grantId(client));

        assertEquals(3, ids.size());
        assertTrue(ids.stream().allMatch(id -> id > 0));
        ids.forEach(id -> assertEquals(revision, revoke(client, id).getHeader().getRevision()));
    }

    private static long grantId(Client client) {
        long revision = client.revision();
        LeaseGrantResponse granted = grant(client, 0, 600);
        assertEquals("", granted.getError());
        assertEquals(600, granted.getTTL());
        assertEquals(revision, granted.getHeader().getRevision());
        return granted.getID();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, -1, Long.MAX_VALUE, Long.MIN_VALUE, -77})
    @Statement({"LEA-01", "LEA-02", "LEA-05"})
    void takesTheClientsIds(long id, Client client) {
        long revision = client.revision();

        assertEquals(id, grant(client, id, 600).getID());
        Refusal.LEASE_EXIST.of(() -> grant(client, id, 600));
        Refusal.LEASE_EXIST.of(() -> grant(client, id, 30));
        assertEquals(600, timeToLive(client, id, false).getGrantedTTL());
        assertEquals(revision, revoke(client, id).getHeader().getRevision());
        assertEquals(id, grant(client, id, 30).getID());
        assertEquals(revision, revoke(client, id).getHeader().getRevision());
    }

    @ParameterizedTest
    @CsvSource({
        "0,2",
        "1,2",
        "2,2",
        "3,3",
        "-1,2",
        "-9223372036854775808,2",
        "9000000000,9000000000",
    })
    @Statement("LEA-03")
    void raisesShortTimes(long asked, long granted, Client client) {
        LeaseGrantResponse lease = grant(client, 0, asked);

        assertEquals(granted, lease.getTTL());
        revoke(client, lease.getID());
    }

    @Test
    @OwnMember({"--election-timeout=5000", "--heartbeat-interval=500"})
    @Statement("LEA-03")
    void takesTheShortestTimeFromTheElectionTimeout(Client client) {
        assertEquals(8, grant(client, 0, 1).getTTL());
        assertEquals(9, grant(client, 0, 9).getTTL());
    }

    @ParameterizedTest
    @ValueSource(longs = {9_000_000_001L, Long.MAX_VALUE})
    @Statement("LEA-04")
    void refusesLongTimes(long ttl, Client client) {
        long existing = grant(client, 0, 600).getID();

        Refusal.LEASE_TTL_TOO_LARGE.of(() -> grant(client, 0, ttl));
        Refusal.LEASE_TTL_TOO_LARGE.of(() -> grant(client, existing, ttl));
        assertEquals(600, timeToLive(client, existing, false).getGrantedTTL());
        revoke(client, existing);
    }

    @Test
    @Statement({"LEA-07", "LEA-08", "LEA-17"})
    void revokesWithItsKeys(Client client, Keys keys) {
        long lease = grant(client, 0, 600).getID();
        for (String name : List.of("b", "a", "kept", "c")) {
            client.kv().put(put(keys.key(name), "1").setLease(lease).build());
        }
        client.put(keys.key("kept"), "2");
        long revision = client.revision();

        assertEquals(revision + 1, revoke(client, lease).getHeader().getRevision());
        assertEquals(List.of("kept"), keys.names(client.all(keys)));
        assertUnknown(client, lease);
        Refusal.LEASE_NOT_FOUND.of(() -> revoke(client, lease));
        Refusal.LEASE_NOT_FOUND.of(() -> revoke(client, UNKNOWN));
        Refusal.LEASE_NOT_FOUND.of(() -> revoke(client, 0));
        Refusal.LEASE_NOT_FOUND.of(
                () -> client.kv().put(put(keys.key("a"), "1").setLease(lease).build()));
    }

    private static void assertUnknown(Client client, long lease) {
        LeaseTimeToLiveResponse unknown = timeToLive(client, lease, true);
        assertEquals(lease, unknown.getID());
        assertEquals(-1, unknown.getTTL());
        assertEquals(0, unknown.getGrantedTTL());
        assertEquals(List.of(), unknown.getKeysList());
        assertEquals(client.revision(), unknown.getHeader().getRevision());
    }

    @Test
    @Statement({"LEA-09", "LEA-10", "LEA-14"})
    void renewsInOrder(Client client) {
        long shorter = grant(client, 0, 300).getID();
        long longer = grant(client, 0, 600).getID();
        try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals = keepAlive(client)) {
            List<Long> asked = List.of(shorter, longer, UNKNOWN, longer, 0L, shorter, -5L, longer);
            asked.forEach(id -> renewals.send(renewal(id)));
            for (long id : asked) {
                LeaseKeepAliveResponse answer = renewals.next();
                assertEquals(id, answer.getID());
                assertEquals(id == shorter ? 300 : id == longer ? 600 : 0, answer.getTTL());
                assertEquals(client.revision(), answer.getHeader().getRevision());
            }
            revoke(client, longer);
            renewals.send(renewal(longer));
            assertEquals(0, renewals.next().getTTL());
            // A lease is known to renewals as soon as its grant was answered.
            for (int i = 0; i < 20; i++) {
                long fresh = grant(client, 0, 400).getID();
                renewals.send(renewal(fresh));
                assertEquals(400, renewals.next().getTTL());
                revoke(client, fresh);
            }
            assertFalse(renewals.hasEnded());
            renewals.halfClose();
            assertTrue(renewals.awaitEnd().isOk());
        }
        revoke(client, shorter);
    }

    @Test
    @OwnMember
    @Statement("LEA-12")
    void renewsWithoutTheLog(Client client) {
        long lease = grant(client, 0, 600).getID();
        try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals = keepAlive(client)) {
            StatusResponse before = client.maintenance().status(StatusRequest.getDefaultInstance());
            for (int i = 0; i < 50; i++) {
                renewals.send(renewal(lease));
                assertEquals(600, renewals.next().getTTL());
            }
            StatusResponse after = client.maintenance().status(StatusRequest.getDefaultInstance());

            // Room for what the member itself writes meanwhile.
            long grown = after.getRaftIndex() - before.getRaftIndex();
            assertTrue(grown < 10, () -> "the log grew by " + grown);
        }
    }

    @Test
    @Statement("LEA-16")
    void looksLeasesUp(Client client, Keys keys) {
        long lease = grant(client, 0, 600).getID();
        long other = grant(client, 0, 500).getID();
        for (String name : List.of("a", "b", "c", "moved", "freed")) {
            client.kv().put(put(keys.key(name), "1").setLease(lease).build());
        }
        client.kv().put(put(keys.key("moved"), "2").setLease(other).build());
        client.kv().put(put(keys.key("freed"), "2").build());
        client.delete(keys.key("c"));

        LeaseTimeToLiveResponse plain = timeToLive(client, lease, false);
        assertEquals(lease, plain.getID());
        assertEquals(600, plain.getGrantedTTL());
        assertTrue(plain.getTTL() <= 599 && plain.getTTL() > 500, plain::toString);
        assertEquals(List.of(), plain.getKeysList());
        assertEquals(client.revision(), plain.getHeader().getRevision());
        assertEquals(Set.of(keys.key("a"), keys.key("b")), attached(client, lease));
        assertEquals(Set.of(keys.key("moved")), attached(client, other));
        revoke(client, lease);
        revoke(client, other);
        assertEquals(List.of("freed"), keys.names(client.all(keys)));
    }

    private static Set<ByteString> attached(Client client, long lease) {
        return Set.copyOf(timeToLive(client, lease, true).getKeysList());
    }

    @Test
    @OwnMember
    @Statement("LEA-19")
    void listsTheSoonestExpiryFirst(Client client) {
        assertEquals(
                0,
                client.lease()
                        .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                        .getLeasesCount());
        long[] times = {600, 100, 900, 300, 1200, 200};
        List<Long> expected = new ArrayList<>();
        for (long time : times) {
            grant(client, time, time);
            expected.add(time);
        }
        expected.sort(null);

        assertEquals(expected, leases(client));
        revoke(client, 300);
        expected.remove(300L);
        try (Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewals = keepAlive(client)) {
            renewals.send(renewal(100));
            assertEquals(100, renewals.next().getTTL());
        }
        assertEquals(expected, leases(client));
    }

    private static List<Long> leases(Client client) {
        return client.lease().leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList().stream()
                .map(LeaseStatus::getID)
                .toList();
    }

    @Test
    @OwnMember
    @Statement("LEA-20")
    void keepsLeasesOverStopAndKill(Member member, Keys keys) {
        long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
        grant(member.client(), id, 700);
        grant(member.client(), -id, 800);
        revoke(member.client(), -id);
        member.client().kv().put(put(keys.key("a"), "1").setLease(id).build());
        member.stop();
        member.restart();
        member.client().kv().put(put(keys.key("b"), "1").setLease(id).build());
        member.kill();
        member.restart();

        Client client = member.client();
        assertEquals(List.of(id), leases(client));
        assertEquals(700, timeToLive(client, id, false).getGrantedTTL());
        assertEquals(Set.of(keys.key("a"), keys.key("b")), attached(client, id));
        assertEquals(bytes("1"), client.get(keys.key("a")).orElseThrow().getValue());
        long revision = client.revision();
        assertEquals(revision + 1, revoke(client, id).getHeader().getRevision());
        assertEquals(List.of(), client.all(keys));
    }

    private static Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> keepAlive(Client client) {
        return Duplex.open(client.leaseAsync()::leaseKeepAlive);
    }

    private static LeaseKeepAliveRequest renewal(long id) {
        return LeaseKeepAliveRequest.newBuilder().setID(id).build();
    }

    private static LeaseGrantResponse grant(Client client, long id, long ttl) {
        return client.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build());
    }

    private static LeaseRevokeResponse revoke(Client client, long id) {
        return client.lease()
                .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
    }

    private static LeaseTimeToLiveResponse timeToLive(Client client, long id, boolean keys) {
        return client.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                        .setID(id)
                        .setKeys(keys)
                        .build());
    }
}
