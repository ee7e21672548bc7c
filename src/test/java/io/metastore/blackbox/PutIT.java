package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/// Put: what it writes, what it returns, when it refuses.
@BlackBox
class PutIT {

    private static final long UNKNOWN_LEASE = 0x5ca1ab1eL;

    @Test
    @Statement({"KVP-01", "KVR-28"})
    void takesARevisionForTheSameValueToo(Client client, Keys keys) {
        ByteString key = keys.key("a");
        long before = client.revision();
        try (Duplex<WatchRequest, WatchResponse> watch = Duplex.open(client.watch()::watch)) {
            watch.send(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key))
                    .build());
            assertTrue(watch.next().getCreated());

            for (int i = 1; i <= 3; i++) {
                assertEquals(before + i, client.putRevision(key, "same"));
                KeyValue event = watch.next().getEvents(0).getKv();
                assertEquals(before + i, event.getModRevision());
                assertEquals(i, event.getVersion());
                assertEquals(before + 1, event.getCreateRevision());
            }
        }
    }

    @Test
    @Statement("KVP-02")
    void returnsThePreviousPair(Client client, Keys keys) {
        long lease = client.grant(600);
        PutRequest.Builder request = put(keys.key("a"), "1").setPrevKv(true).setLease(lease);

        PutResponse first = client.kv().put(request.build());
        KeyValue written = client.get(keys.key("a")).orElseThrow();
        PutResponse second = client.kv().put(request.setValue(bytes("2")).build());
        PutResponse without = client.put(keys.key("a"), "3");

        assertFalse(first.hasPrevKv());
        assertEquals(lease, written.getLease());
        assertEquals(written, second.getPrevKv());
        assertFalse(without.hasPrevKv());
        client.delete(keys.key("a"));
        assertFalse(client.kv().put(request.build()).hasPrevKv(), "a deleted key has no previous pair");
    }

    @Test
    @Statement("KVP-03")
    void refusesAValueOrALeaseThatItShouldIgnore(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "1");

        Refusal.VALUE_PROVIDED.of(() ->
                client.kv().put(put(keys.key("a"), "2").setIgnoreValue(true).build()));
        Refusal.LEASE_PROVIDED.of(() -> client.kv()
                .put(put(keys.key("a"), "2").setIgnoreLease(true).setLease(7).build()));
        Refusal.VALUE_PROVIDED.of(() -> client.kv()
                .put(put(keys.key("missing"), "2")
                        .setIgnoreValue(true)
                        .setIgnoreLease(true)
                        .setLease(7)
                        .build()));
        Refusal.VALUE_PROVIDED.of(() ->
                client.txn(Requests.then(Requests.op(put(keys.key("a"), "2").setIgnoreValue(true)))));
        assertEquals(revision, client.revision());
    }

    @Test
    @Statement("KVP-04")
    void refusesToIgnoreWhatAMissingKeyLacks(Client client, Keys keys) {
        long revision = client.revision();

        Refusal.KEY_NOT_FOUND.of(() ->
                client.kv().put(put(keys.key("a"), "").setIgnoreValue(true).build()));
        Refusal.KEY_NOT_FOUND.of(() ->
                client.kv().put(put(keys.key("a"), "1").setIgnoreLease(true).build()));
        Refusal.KEY_NOT_FOUND.of(() -> client.kv()
                .put(put(keys.key("a"), "")
                        .setIgnoreValue(true)
                        .setIgnoreLease(true)
                        .build()));
        assertEquals(revision, client.revision());
    }

    @Test
    @Statement({"KVP-04", "KVP-06"})
    void keepsValueOrLeaseOrBoth(Client client, Keys keys) {
        ByteString key = keys.key("a");
        long lease = client.grant(600);
        client.kv().put(put(key, "1").setLease(lease).build());

        client.kv().put(put(key, "2").setIgnoreLease(true).build());
        assertPair(client, key, "2", lease, 2);
        client.kv().put(put(key, "").setIgnoreValue(true).setIgnoreLease(true).build());
        assertPair(client, key, "2", lease, 3);
        client.kv().put(put(key, "").setIgnoreValue(true).build());
        assertPair(client, key, "2", 0, 4);
        assertEquals(List.of(), attached(client, lease));
    }

    @Test
    @Statement("KVP-05")
    void refusesAnUnknownLease(Client client, Keys keys) {
        long revision = client.revision();

        Refusal.LEASE_NOT_FOUND.of(() ->
                client.kv().put(put(keys.key("a"), "1").setLease(UNKNOWN_LEASE).build()));
        assertEquals(revision, client.revision());
        assertTrue(client.get(keys.key("a")).isEmpty());
    }

    @Test
    @Statement({"KVP-06", "KVP-07"})
    void movesAndDetachesLeases(Client client, Keys keys) {
        ByteString key = keys.key("a");
        long first = client.grant(600);
        long second = client.grant(600);

        client.kv().put(put(key, "1").setLease(first).build());
        assertEquals(List.of(key), attached(client, first));
        client.kv().put(put(key, "2").setLease(second).build());
        assertEquals(List.of(), attached(client, first));
        assertEquals(List.of(key), attached(client, second));
        revoke(client, first);
        assertTrue(client.get(key).isPresent(), "its former lease has no hold on it");
        client.put(key, "3");
        assertEquals(List.of(), attached(client, second));
        revoke(client, second);
        assertPair(client, key, "3", 0, 3);
    }

    @Test
    @Statement("KVP-08")
    void seesALeaseGrantedBeforeAndNoneRevokedBefore(Client client, Keys keys) throws Exception {
        try (ExecutorService writers = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 20; round++) {
                long lease = client.grant(600);
                List<CompletableFuture<Boolean>> puts = new ArrayList<>();
                client.kv().put(put(keys.key("first"), "1").setLease(lease).build());
                for (int i = 0; i < 8; i++) {
                    ByteString key = keys.key(round + "-" + i);
                    puts.add(CompletableFuture.supplyAsync(() -> putWithLease(client, key, lease), writers));
                }
                revoke(client, lease);
                for (CompletableFuture<Boolean> put : puts) {
                    put.get();
                }
                assertEquals(List.of(), client.all(keys), "whatever came before the revocation went with it");
            }
        }
    }

    private static boolean putWithLease(Client client, ByteString key, long lease) {
        try {
            return client.kv().put(put(key, "1").setLease(lease).build()).hasHeader();
        } catch (StatusRuntimeException refusal) {
            assertEquals(Code.NOT_FOUND, refusal.getStatus().getCode());
            return false;
        }
    }

    @Test
    @Statement("KVP-05")
    void takesLeasesWithNegativeIds(Client client, Keys keys) {
        long lease = -(System.nanoTime() & Integer.MAX_VALUE) - 2;
        var granted = client.lease()
                .leaseGrant(
                        LeaseGrantRequest.newBuilder().setID(lease).setTTL(600).build());

        client.kv().put(put(keys.key("a"), "1").setLease(lease).build());

        assertEquals(lease, granted.getID());
        assertPair(client, keys.key("a"), "1", lease, 1);
        revoke(client, lease);
        assertTrue(client.get(keys.key("a")).isEmpty());
    }

    private static void assertPair(Client client, ByteString key, String value, long lease, long version) {
        KeyValue pair = client.get(key).orElseThrow();
        assertEquals(bytes(value), pair.getValue());
        assertEquals(lease, pair.getLease());
        assertEquals(version, pair.getVersion());
    }

    private static List<ByteString> attached(Client client, long lease) {
        return client.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                        .setID(lease)
                        .setKeys(true)
                        .build())
                .getKeysList();
    }

    private static void revoke(Client client, long lease) {
        client.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
    }
}
