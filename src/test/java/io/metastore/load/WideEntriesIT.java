package io.metastore.load;

import static io.metastore.blackbox.MemberMemory.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeResponse;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberMemory;
import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.WatchCall;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Single requests that change or look at very many keys are applied in bounded memory, however many keys there are,
/// and however often the member is killed meanwhile.
///
/// `-Dmetastore.wide.keys=1000000 -Dmetastore.wide.lease.keys=300000` is the full size. With `-Dmetastore.etcd=PATH`
/// the
/// hashes of a real etcd after the same requests are compared too.
@Tag("blackbox")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class WideEntriesIT {
    private static final Logger LOG = Logger.getLogger(WideEntriesIT.class);
    private static final int KEYS = Integer.getInteger("metastore.wide.keys", 120_000);
    private static final int LEASE_KEYS = Integer.getInteger("metastore.wide.lease.keys", 40_000);
    private static final String HEAP = "-Xmx192m";
    private static final long MOST_RESIDENT = 420 * MIB;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final ByteString VALUE = ByteString.copyFrom(new byte[256]);
    private static final ByteString EVERYTHING = ByteString.copyFrom(new byte[1]);
    private static final int AT_ONCE = 100;

    @TempDir
    private Path folder;

    private static ByteString key(int i) {
        return ByteString.copyFromUtf8("wide/%08d".formatted(i));
    }

    /// Puts keys one transaction after the other, so that every server gives them the same revisions.
    private static void fill(Client client, int count, long lease) {
        for (int first = 0; first < count; first += AT_ONCE) {
            TxnRequest.Builder txn = TxnRequest.newBuilder();
            for (int i = first; i < Math.min(count, first + AT_ONCE); i++) {
                txn.addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder()
                                .setKey(key(i))
                                .setValue(VALUE)
                                .setLease(lease)));
            }
            client.txn(txn);
        }
    }

    private static DeleteRangeRequest deleteAll() {
        return DeleteRangeRequest.newBuilder()
                .setKey(EVERYTHING)
                .setRangeEnd(EVERYTHING)
                .build();
    }

    /// Runs a request that leaves `left` keys, however long it takes: what takes longer to apply than a proposal may
    /// wait
    /// ends with "request timed out" and is applied all the same, here as with etcd.
    private static void apply(Client client, long left, Runnable request) {
        try {
            request.run();
        } catch (StatusRuntimeException timedOut) {
            assertTimedOut(timedOut);
        }
        Eventually.holds("the request is applied", PATIENCE, () -> {
            try {
                return count(client) == left;
            } catch (StatusRuntimeException timedOut) {
                assertTimedOut(timedOut);
                return false;
            }
        });
    }

    private static void assertTimedOut(StatusRuntimeException failure) {
        assertEquals(Status.Code.UNAVAILABLE, failure.getStatus().getCode());
        assertEquals("etcdserver: request timed out", failure.getStatus().getDescription());
    }

    private static void deleteAll(Client client) {
        apply(
                client,
                0,
                () -> assertEquals(
                        KEYS, client.kv(PATIENCE).deleteRange(deleteAll()).getDeleted()));
    }

    private static long count(Client client) {
        return client.range(RangeRequest.newBuilder()
                        .setKey(EVERYTHING)
                        .setRangeEnd(EVERYTHING)
                        .setCountOnly(true))
                .getCount();
    }

    private static int hash(Client client) {
        return client.maintenance()
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .hashKV(HashKVRequest.getDefaultInstance())
                .getHash();
    }

    /// The hash that etcd has after the same keys were put and all deleted.
    private Optional<Integer> hashOfEtcd() {
        return MemberTarget.etcd().map(etcd -> {
            try (Member member = Member.startIn(folder, etcd, List.of())) {
                fill(member.client(), KEYS, 0);
                assertEquals(
                        KEYS,
                        member.client().kv(PATIENCE).deleteRange(deleteAll()).getDeleted());
                return hash(member.client());
            }
        });
    }

    private static void assertBounded(Member member, String when) throws Exception {
        long most = new MemberMemory(member).mostResident();
        LOG.infof("%s: at most %d MiB in RAM", when, most / MIB);
        assertTrue(most <= MOST_RESIDENT, when + ": " + most / MIB + " MiB in RAM");
    }

    private static WatchCreateRequest.Builder watch(long from, boolean fragments) {
        return WatchCreateRequest.newBuilder()
                .setKey(EVERYTHING)
                .setRangeEnd(EVERYTHING)
                .setStartRevision(from)
                .setFragment(fragments);
    }

    /// Takes the deletes of all keys, which have one revision: each once, in the order of keys, in parts of which each
    /// but the last says that more follows.
    private static void takeDeletes(WatchCall call, long revision) {
        int seen = 0;
        while (seen < KEYS) {
            WatchResponse part = call.nextEvents();
            for (Event event : part.getEventsList()) {
                assertEquals(Event.EventType.DELETE, event.getType());
                assertEquals(key(seen), event.getKv().getKey());
                assertEquals(revision, event.getKv().getModRevision());
                seen++;
            }
            assertEquals(seen < KEYS, part.getFragment(), () -> "fragment of " + part.getEventsCount() + " events");
        }
    }

    @Test
    void allKeysAreDeletedAtOnceAndWatchersHearOfEach() throws Exception {
        try (Member member = Member.startWithJava(HEAP)) {
            fill(member.client(), KEYS, 0);
            try (Client watching = member.connect();
                    WatchCall live = WatchCall.open(watching);
                    WatchCall later = WatchCall.open(watching);
                    WatchCall whole = WatchCall.open(watching)) {
                live.create(watch(0, true));
                long begun = System.nanoTime();
                deleteAll(member.client());
                LOG.infof("%d keys deleted in %d ms", KEYS, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
                long revision = member.client().revision();
                takeDeletes(live, revision);
                later.create(watch(revision, true));
                takeDeletes(later, revision);
                whole.create(watch(revision, false));
                WatchResponse answer = whole.next();
                if (answer.getCanceled()) {
                    assertTrue(answer.getCancelReason().contains("watch with fragments"), answer.getCancelReason());
                } else {
                    assertEquals(KEYS, answer.getEventsCount());
                }
                assertEquals(0, count(member.client()));
                assertEquals(revision + 1, member.client().putRevision(key(0), "again"));
                assertEquals(key(0), live.nextEvents().getEvents(0).getKv().getKey());
            }
            assertBounded(member, "a delete of " + KEYS + " keys and three watchers");
            member.kill();
            member.restart();
            assertEquals(1, count(member.client()));
            assertBounded(member, "the start after it");
        }
    }

    /// What the member has applied when it is killed is a part of the entry: it goes on there.
    @Test
    void aKillInTheMiddleOfADeleteLeavesNothingUndone() throws Exception {
        Optional<Integer> expected = hashOfEtcd();
        try (Member member = Member.startWithJava(HEAP)) {
            MemberMemory memory = new MemberMemory(member);
            fill(member.client(), KEYS, 0);
            CompletableFuture<Void> ended = new CompletableFuture<>();
            member.client().kvAsync().deleteRange(deleteAll(), ending(ended));
            Eventually.holds(
                    "a part of the keys is deleted",
                    PATIENCE,
                    () -> ended.isDone() || memory.metric("etcd_mvcc_delete_total") > KEYS / 3.0);
            assertFalse(ended.isDone(), "the delete was done before the member could be killed");
            member.kill();
            for (int start = 1; start <= 2; start++) {
                member.restart();
                assertEquals(0, count(member.client()));
                int hash = hash(member.client());
                expected.ifPresent(wanted -> assertEquals(wanted, hash));
                assertBounded(member, "start " + start + " after a kill in the middle of a delete");
                member.kill();
            }
        }
    }

    @Test
    void aLeaseOfManyKeysIsRevoked() throws Exception {
        try (Member member = Member.startWithJava(HEAP)) {
            long lease = member.client().grant(3600);
            fill(member.client(), LEASE_KEYS, lease);
            member.client().put(ByteString.copyFromUtf8("other"), "stays");
            long before = member.client().revision();
            apply(member.client(), 1, () -> {
                var ignored = member.client()
                        .lease()
                        .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .leaseRevoke(
                                LeaseRevokeRequest.newBuilder().setID(lease).build());
            });
            assertEquals(before + 1, member.client().revision());
            assertBounded(member, "a lease of " + LEASE_KEYS + " keys revoked");
            member.kill();
            member.restart();
            assertEquals(1, count(member.client()));
            assertBounded(member, "the start after it");
        }
    }

    @Test
    void aTransactionComparesAllKeys() throws Exception {
        try (Member member = Member.startWithJava(HEAP)) {
            fill(member.client(), KEYS, 0);
            for (Compare.CompareTarget target :
                    List.of(Compare.CompareTarget.VERSION, Compare.CompareTarget.VALUE, Compare.CompareTarget.LEASE)) {
                assertTrue(compare(member, target, true), target + " of all keys");
                assertFalse(compare(member, target, false), target + " of all keys is something else");
            }
            assertBounded(member, "compares of " + KEYS + " keys");
        }
    }

    private static boolean compare(Member member, Compare.CompareTarget target, boolean equal) {
        Compare.Builder compare = Compare.newBuilder()
                .setKey(ByteString.copyFromUtf8("wide/"))
                .setRangeEnd(ByteString.copyFromUtf8("wide0"))
                .setTarget(target)
                .setResult(equal ? Compare.CompareResult.EQUAL : Compare.CompareResult.NOT_EQUAL);
        switch (target) {
            case VERSION -> compare.setVersion(1);
            case VALUE -> compare.setValue(VALUE);
            default -> compare.setLease(0);
        }
        TxnRequest txn = TxnRequest.newBuilder()
                .addCompare(compare)
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("compared"))))
                .build();
        TxnResponse response = member.client().kv(PATIENCE).txn(txn);
        return response.getSucceeded();
    }

    private static StreamObserver<DeleteRangeResponse> ending(CompletableFuture<Void> ended) {
        return new StreamObserver<>() {
            @Override
            public void onNext(DeleteRangeResponse response) {}

            @Override
            public void onError(Throwable cause) {
                // It takes longer than a proposal may wait, or the member is killed meanwhile: it is under way.
                LOG.infof("the delete is not answered: %s", cause.getMessage());
            }

            @Override
            public void onCompleted() {
                ended.complete(null);
            }
        };
    }
}
