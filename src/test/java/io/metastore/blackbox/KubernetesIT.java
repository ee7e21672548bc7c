package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.compaction;
import static io.metastore.blackbox.Requests.modRevision;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.Requests.version;
import static io.metastore.blackbox.Requests.when;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.Futures;
import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchProgressRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The calls of kube-apiserver, in the shapes and sequences in which it makes them.
@BlackBox
class KubernetesIT {

    private static final Metadata HAS_LEADER = new Metadata();

    static {
        HAS_LEADER.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
    }

    private static TxnResponse create(Client client, ByteString key, String value, long lease) {
        return client.txn(when(modRevision(key, CompareResult.EQUAL, 0))
                .addSuccess(op(put(key, value).setLease(lease))));
    }

    private static TxnResponse update(Client client, ByteString key, String value, long expected) {
        return client.txn(when(modRevision(key, CompareResult.EQUAL, expected))
                .addSuccess(op(put(key, value)))
                .addFailure(op(range(key))));
    }

    private static TxnResponse remove(Client client, ByteString key, long expected) {
        return client.txn(when(modRevision(key, CompareResult.EQUAL, expected))
                .addSuccess(op(Requests.delete(key)))
                .addFailure(op(range(key))));
    }

    private static Duplex<WatchRequest, WatchResponse> watch(Client client, Keys keys, long from) {
        Duplex<WatchRequest, WatchResponse> watch = Duplex.open(
                client.watch().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(HAS_LEADER))::watch);
        watch.send(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(keys.prefix())
                        .setRangeEnd(keys.end())
                        .setStartRevision(from)
                        .setPrevKv(true)
                        .setProgressNotify(true))
                .build());
        assertTrue(watch.next().getCreated());
        return watch;
    }

    @Test
    @Statement({"K8S-01", "K8S-04", "K8S-05"})
    void createsUpdatesAndDeletesByRevision(Client client, Keys keys) {
        ByteString pod = keys.key("pods/default/a");

        TxnResponse created = create(client, pod, "v1", 0);
        TxnResponse again = create(client, pod, "v1", 0);
        long first = created.getHeader().getRevision();
        TxnResponse updated = update(client, pod, "v2", first);
        long second = updated.getHeader().getRevision();
        TxnResponse stale = update(client, pod, "v3", first);
        TxnResponse staleDelete = remove(client, pod, first);
        TxnResponse deleted = remove(client, pod, second);
        TxnResponse missing = remove(client, pod, second);

        assertTrue(created.getSucceeded());
        assertFalse(again.getSucceeded());
        assertEquals(0, again.getResponsesCount());
        assertTrue(updated.getSucceeded());
        assertEquals(first + 1, second);
        for (TxnResponse refused : List.of(stale, staleDelete)) {
            assertFalse(refused.getSucceeded());
            KeyValue current = refused.getResponses(0).getResponseRange().getKvs(0);
            assertEquals(second, current.getModRevision());
            assertEquals(bytes("v2"), current.getValue());
            assertEquals(second, refused.getHeader().getRevision());
        }
        assertTrue(deleted.getSucceeded());
        assertEquals(1, deleted.getResponses(0).getResponseDeleteRange().getDeleted());
        assertEquals(second + 1, deleted.getHeader().getRevision());
        assertFalse(missing.getSucceeded());
        assertEquals(0, missing.getResponses(0).getResponseRange().getKvsCount());
    }

    @Test
    @Statement({"K8S-02", "K8S-01"})
    void getsCountsAndAsksForTheRevision(Client client, Keys keys) {
        long first = create(client, keys.key("a"), "1", 0).getHeader().getRevision();
        long second = create(client, keys.key("b"), "1", 0).getHeader().getRevision();

        RangeResponse get = client.range(range(keys.key("a")).setLimit(1));
        RangeResponse old = client.range(range(keys.key("a")).setLimit(1).setRevision(first));
        RangeResponse count = client.range(range(keys).setCountOnly(true));
        RangeResponse revision = client.range(range(keys).setLimit(1));
        RangeResponse health = client.range(range(keys.key("health")));

        assertEquals(first, get.getKvs(0).getModRevision());
        assertFalse(get.getMore());
        assertEquals(get.getKvsList(), old.getKvsList());
        assertEquals(2, count.getCount());
        assertEquals(second, revision.getHeader().getRevision());
        assertEquals(0, health.getKvsCount());
        assertEquals(second, health.getHeader().getRevision());
    }

    @Test
    @Statement({"K8S-03", "KVR-14"})
    void listsPagesAtTheRevisionOfTheFirst(Client client, Keys keys) {
        for (int i = 0; i < 23; i++) {
            create(client, keys.key(String.format("pods/%02d", i)), "v" + i, 0);
        }
        long pinned = 0;
        ByteString from = keys.prefix();
        List<String> seen = new ArrayList<>();
        boolean more = true;
        while (more) {
            RangeResponse page =
                    client.range(range(from, keys.end()).setLimit(5).setRevision(pinned));
            assertEquals(23 - seen.size(), page.getCount(), "keys from the start key on, at the pinned revision");
            pinned = pinned == 0 ? page.getHeader().getRevision() : pinned;
            seen.addAll(keys.names(page.getKvsList()));
            more = page.getMore();
            assertEquals(page.getCount() > page.getKvsCount(), more);
            from = Requests.after(page.getKvs(page.getKvsCount() - 1).getKey());
            // The list does not see what happens between its pages.
            client.delete(keys.key(String.format("pods/%02d", 22 - seen.size() / 5)));
            client.put(keys.key("pods/" + seen.size() + "-new"), "1");
        }

        assertEquals(23, seen.size());
        assertEquals(seen.stream().sorted().distinct().toList(), seen);
    }

    @Test
    @Statement({"K8S-06", "K8S-07", "K8S-05"})
    void rebuildsObjectsFromItsWatch(Client client, Keys keys) {
        ByteString key = keys.key("pods/a");
        long start = client.revision() + 1;
        try (Duplex<WatchRequest, WatchResponse> watch = watch(client, keys, start)) {
            long first = create(client, key, "v1", 0).getHeader().getRevision();
            long second = update(client, key, "v2", first).getHeader().getRevision();
            long third = remove(client, key, second).getHeader().getRevision();
            List<Event> events = new ArrayList<>();
            while (events.size() < 3) {
                WatchResponse response = watch.next();
                events.addAll(response.getEventsList());
                assertFalse(response.getFragment());
            }

            assertEquals(first, events.get(0).getKv().getCreateRevision());
            assertEquals(first, events.get(0).getKv().getModRevision());
            assertFalse(events.get(0).hasPrevKv());
            assertEquals(second, events.get(1).getKv().getModRevision());
            assertEquals(bytes("v1"), events.get(1).getPrevKv().getValue());
            assertEquals(Event.EventType.DELETE, events.get(2).getType());
            assertEquals(third, events.get(2).getKv().getModRevision());
            assertEquals(bytes("v2"), events.get(2).getPrevKv().getValue());
            assertEquals(second, events.get(2).getPrevKv().getModRevision());
        }
    }

    @Test
    @Statement({"K8S-08", "K8S-07"})
    void learnsByProgressThatItsCacheIsFresh(Client client, Keys keys) {
        try (Duplex<WatchRequest, WatchResponse> watch = watch(client, keys, client.revision() + 1)) {
            long own = create(client, keys.key("a"), "v1", 0).getHeader().getRevision();
            long foreign = client.putRevision(keys.end().concat(bytes("elsewhere")), "1");
            long read = client.range(range(keys).setLimit(1)).getHeader().getRevision();
            List<Long> delivered = new ArrayList<>();
            long progress = 0;
            // The answer may be left out while the watcher catches up: ask again, as apiserver does.
            while (progress < read) {
                watch.send(WatchRequest.newBuilder()
                        .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                        .build());
                WatchResponse response = watch.next();
                response.getEventsList()
                        .forEach(event -> delivered.add(event.getKv().getModRevision()));
                if (response.getEventsCount() == 0) {
                    assertEquals(-1, response.getWatchId());
                    progress = response.getHeader().getRevision();
                }
            }

            assertEquals(foreign, read);
            assertEquals(read, progress);
            assertEquals(List.of(own), delivered, "what progress promises has arrived before it");
        }
    }

    @Test
    @Statement({"K8S-09", "K8S-16"})
    void findsAVersionThatHasProgressRequests(Client client) {
        var status = client.maintenance().status(StatusRequest.getDefaultInstance());
        Matcher version = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)").matcher(status.getVersion());

        assertTrue(version.matches(), status::getVersion);
        int minor = Integer.parseInt(version.group(2));
        int patch = Integer.parseInt(version.group(3));
        assertEquals("3", version.group(1));
        assertTrue(minor > 5 || minor == 5 && patch > 12 || minor == 4 && patch >= 31, status::getVersion);
        assertTrue(status.getDbSize() > 0);
        assertTrue(status.getDbSizeInUse() > 0 && status.getDbSizeInUse() <= status.getDbSize());
    }

    @Test
    @Statement("K8S-10")
    void listsByRangeStream(Client client, Keys keys) {
        for (int i = 0; i < 15; i++) {
            create(client, keys.key("pods/" + (char) ('a' + i)), "v", 0);
        }
        RangeResponse.Builder merged = RangeResponse.newBuilder();
        client.kv()
                .rangeStream(range(keys).build())
                .forEachRemaining(part -> merged.mergeFrom(part.getRangeResponse()));

        assertEquals(client.range(range(keys)), merged.build());
    }

    @Test
    @OwnMember
    @Statement({"K8S-11", "K8S-12"})
    void compactsByAKeyAndRelistsBehindIt(Client client, Keys keys) {
        ByteString key = bytes("compact_rev_key");
        long old = create(client, keys.key("a"), "v1", 0).getHeader().getRevision();
        long now = update(client, keys.key("a"), "v2", old).getHeader().getRevision();
        for (long time = 0; time < 2; time++) {
            TxnResponse won = turn(client, key, time, now);
            assertTrue(won.getSucceeded());
            now = won.getHeader().getRevision();
        }
        TxnResponse lost = turn(client, key, 0, now);
        assertFalse(lost.getSucceeded());
        KeyValue other = lost.getResponses(0).getResponseRange().getKvs(0);
        assertEquals(2, other.getVersion(), "the time to go on with");
        var ignored = client.kv().compact(compaction(now));
        long compacted = now;

        Refusal.COMPACTED.of(() -> client.range(range(keys).setLimit(5).setRevision(old)));
        try (Duplex<WatchRequest, WatchResponse> watch = watch(client, keys, old)) {
            WatchResponse cancelled = watch.next();
            assertTrue(cancelled.getCanceled());
            assertEquals(compacted, cancelled.getCompactRevision());
        }
        RangeResponse relist = client.range(range(keys).setLimit(5));
        assertEquals(1, relist.getKvsCount());
        try (Duplex<WatchRequest, WatchResponse> watch =
                watch(client, keys, relist.getHeader().getRevision() + 1)) {
            client.put(keys.key("b"), "v1");
            assertEquals(1, watch.next().getEventsCount());
        }
    }

    private static TxnResponse turn(Client client, ByteString key, long time, long revision) {
        return client.txn(when(version(key, CompareResult.EQUAL, time))
                .addSuccess(op(put(key, Long.toString(revision))))
                .addFailure(op(range(key))));
    }

    @Test
    @Statement("K8S-13")
    void expiresManyEventsWithoutStallingWrites(Client client, Keys keys) {
        var granted = client.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(3600 + 60).build());
        assertEquals(3660, granted.getTTL());
        int size = 3_000;
        for (int i = 0; i < size; i += 100) {
            TxnRequest.Builder txn = TxnRequest.newBuilder();
            for (int j = i; j < i + 100; j++) {
                txn.addSuccess(op(put(keys.key("events/" + j), "event").setLease(granted.getID())));
            }
            client.txn(txn);
        }
        long before = client.revision();
        var future = ClientCalls.futureUnaryCall(
                client.channel().newCall(LeaseGrpc.getLeaseRevokeMethod(), CallOptions.DEFAULT),
                LeaseRevokeRequest.newBuilder().setID(granted.getID()).build());
        long write = client.putRevision(keys.end().concat(bytes("other")), "1");
        var revoked = Futures.getUnchecked(future);

        assertTrue(write <= before + 2);
        assertTrue(revoked.getHeader().getRevision() > before);
        assertEquals(before + 2, client.revision(), "one revision for all keys of the lease");
        assertEquals(0, client.range(range(keys).setCountOnly(true)).getCount());
    }

    @Test
    @Statement("K8S-14")
    void renewsItsOwnEntryByNewLeases(Client client, Keys keys) {
        ByteString key = keys.key("masterleases/10.0.0.1");
        long last = 0;
        for (int i = 0; i < 3; i++) {
            long lease = client.grant(15);
            var written = client.txn(when(modRevision(key, CompareResult.EQUAL, last))
                    .addSuccess(op(put(key, "endpoints").setLease(lease)))
                    .addFailure(op(range(key))));
            assertTrue(written.getSucceeded());
            last = written.getHeader().getRevision();
            assertEquals(lease, client.get(key).orElseThrow().getLease());
        }
    }

    @Test
    @Statement("K8S-16")
    void answersProbes(Member member) {
        for (String path : List.of("/readyz", "/livez")) {
            var answer = member.get(path);
            assertEquals(200, answer.statusCode(), path);
            assertEquals("ok\n", answer.body(), path);
        }
        assertEquals(200, member.get("/health").statusCode());
    }

    @Test
    @Statement({"K8S-17", "GEN-05"})
    void takesObjectsOfOneAndAHalfMebibytes(Client client, Keys keys) {
        ByteString key = keys.key("configmaps/big");
        String fits = "x".repeat((3 << 19) - 1024);
        long created = create(client, key, fits, 0).getHeader().getRevision();

        assertEquals(fits.length(), client.get(key).orElseThrow().getValue().size());
        Refusal.REQUEST_TOO_LARGE.of(() -> update(client, key, "x".repeat(3 << 19), created));
        remove(client, key, created);
        assertTrue(client.get(key).isEmpty());
    }

    @Test
    @Statement("K8S-18")
    void asksForTheRevisionOfALargePrefixOften(Client client, Keys keys) {
        int size = 6_400;
        for (int i = 0; i < size; i += 128) {
            TxnRequest.Builder txn = TxnRequest.newBuilder();
            for (int j = i; j < i + 128; j++) {
                txn.addSuccess(op(put(keys.key(String.format("pods/%05d", j)), "pod")));
            }
            client.txn(txn);
        }

        long start = System.nanoTime();
        for (int i = 0; i < 300; i++) {
            RangeResponse answer = client.range(range(keys).setLimit(1));
            assertEquals(size, answer.getCount());
            assertEquals(1, answer.getKvsCount());
            assertTrue(answer.getMore());
        }
        long each = (System.nanoTime() - start) / 300;
        var ignored = client.kv()
                .deleteRange(Requests.delete(keys.prefix(), keys.end()).build());

        assertTrue(each < 50_000_000, () -> each + " ns for each");
    }
}
