package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.api.etcd.v3lockpb.LockGrpc;
import io.metastore.api.etcd.v3lockpb.LockRequest;
import io.metastore.api.etcd.v3lockpb.LockResponse;
import io.metastore.api.etcd.v3lockpb.UnlockRequest;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The Lock service: who has a lock, who waits, and how a wait ends.
@BlackBox
@Timeout(120)
class LockIT {
    private static ListenableFuture<LockResponse> begin(Client client, ByteString name, long lease) {
        return LockGrpc.newFutureStub(client.channel())
                .lock(LockRequest.newBuilder().setName(name).setLease(lease).build());
    }

    private static LockResponse lock(Client client, ByteString name, long lease) throws Exception {
        return begin(client, name, lease).get(20, TimeUnit.SECONDS);
    }

    private static long unlock(Client client, ByteString key) {
        return LockGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .unlock(UnlockRequest.newBuilder().setKey(key).build())
                .getHeader()
                .getRevision();
    }

    private static void revoke(Client client, long lease) {
        var ignored = client.lease()
                .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
    }

    private static Status failure(ListenableFuture<LockResponse> call) throws Exception {
        try {
            throw new AssertionError("locked: " + call.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException failed) {
            return Status.fromThrowable(failed.getCause());
        }
    }

    private static List<KeyValue> contenders(Client client, Keys keys) {
        return client.range(range(keys)).getKvsList();
    }

    /// Waits until so many keys are there: who waits has put its own.
    private static void contend(Client client, Keys keys, int count) {
        Eventually.holds(count + " contend", () -> contenders(client, keys).size() == count);
    }

    @Test
    @Statement({"LCK-01", "LCK-05", "LCK-09"})
    void aLockIsAKeyOfItsLease(Client client, Keys keys) throws Exception {
        ByteString name = keys.key("a");
        long lease = client.grant(60);
        long before = client.revision();
        LockResponse held = lock(client, name, lease);
        assertEquals(name.concat(Requests.bytes("/" + Long.toHexString(lease))), held.getKey());
        assertEquals(before + 1, held.getHeader().getRevision());
        KeyValue kv = contenders(client, keys).getFirst();
        assertEquals(held.getKey(), kv.getKey());
        assertEquals(ByteString.EMPTY, kv.getValue());
        assertEquals(lease, kv.getLease());
        assertEquals(before + 2, unlock(client, held.getKey()));
        assertEquals(List.of(), contenders(client, keys));
        assertEquals(before + 2, unlock(client, held.getKey()), "there is none any more");
    }

    @Test
    @Statement("LCK-02")
    void withoutALeaseItGetsOneOfAMinute(Client client, Keys keys) throws Exception {
        LockResponse held = lock(client, keys.key("a"), 0);
        KeyValue kv = contenders(client, keys).getFirst();
        assertEquals(held.getKey(), kv.getKey());
        assertNotEquals(0, kv.getLease());
        assertEquals(
                60,
                client.lease()
                        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                                .setID(kv.getLease())
                                .build())
                        .getGrantedTTL());
        revoke(client, kv.getLease());
        assertEquals(List.of(), contenders(client, keys));
    }

    @Test
    @Statement("LCK-03")
    void theSameLeaseLocksTwice(Client client, Keys keys) throws Exception {
        long lease = client.grant(60);
        LockResponse held = lock(client, keys.key("a"), lease);
        LockResponse again = lock(client, keys.key("a"), lease);
        assertEquals(held.getKey(), again.getKey());
        assertEquals(1, contenders(client, keys).size());
        unlock(client, held.getKey());
    }

    @Test
    @Statement({"LCK-04", "LCK-05"})
    void whoCameFirstIsNext(Client client, Keys keys) throws Exception {
        ByteString name = keys.key("a");
        // Neither the order of the leases nor that of the keys counts.
        LockResponse first = lock(client, name, client.grant(60));
        ListenableFuture<LockResponse> second = begin(client, name, client.grant(60));
        contend(client, keys, 2);
        ListenableFuture<LockResponse> third = begin(client, name, client.grant(60));
        contend(client, keys, 3);
        assertFalse(second.isDone());
        long revision = unlock(client, first.getKey());
        LockResponse now = second.get(20, TimeUnit.SECONDS);
        assertTrue(now.getHeader().getRevision() >= revision);
        assertFalse(third.isDone());
        unlock(client, now.getKey());
        unlock(client, third.get(20, TimeUnit.SECONDS).getKey());
        assertEquals(List.of(), contenders(client, keys));
    }

    /// One in the middle leaves: who waited for it waits for the one before.
    @Test
    @Statement({"LCK-04", "LCK-06"})
    void aWaiterWhoseLeaseEndsIsTold(Client client, Keys keys) throws Exception {
        ByteString name = keys.key("a");
        LockResponse first = lock(client, name, client.grant(60));
        long ends = client.grant(60);
        ListenableFuture<LockResponse> second = begin(client, name, ends);
        contend(client, keys, 2);
        ListenableFuture<LockResponse> third = begin(client, name, client.grant(60));
        contend(client, keys, 3);
        revoke(client, ends);
        contend(client, keys, 2);
        assertFalse(third.isDone());
        unlock(client, first.getKey());
        Status expired = failure(second);
        assertEquals(Code.UNKNOWN, expired.getCode());
        assertEquals("mutex: session is expired", expired.getDescription());
        unlock(client, third.get(20, TimeUnit.SECONDS).getKey());
    }

    @Test
    @Statement("LCK-07")
    void anUnknownLease(Client client, Keys keys) throws Exception {
        Status refused = failure(begin(client, keys.key("a"), 0x7777));
        assertEquals(Code.UNKNOWN, refused.getCode());
        assertEquals("etcdserver: requested lease not found", refused.getDescription());
        assertEquals(List.of(), contenders(client, keys));
    }

    @Test
    @Statement("LCK-08")
    void whoGivesUpLeavesNothing(Client client, Keys keys) throws Exception {
        ByteString name = keys.key("a");
        LockResponse first = lock(client, name, client.grant(60));
        ListenableFuture<LockResponse> second = begin(client, name, client.grant(60));
        contend(client, keys, 2);
        second.cancel(true);
        contend(client, keys, 1);
        unlock(client, first.getKey());
        assertEquals(List.of(), contenders(client, keys));
    }
}
