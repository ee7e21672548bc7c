package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.FROM_KEY;
import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.WatchCall.all;
import static io.metastore.blackbox.WatchCall.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The life of watchers on a call: creation, ids, refusals, cancellation, the end of the call.
@BlackBox
class WatchIT {

    private static final String DUPLICATE = "mvcc: duplicate watch ID provided on the WatchStream";
    private static final String EMPTY_RANGE = "mvcc: watcher range is empty";
    private static final String COMPACTED = "etcdserver: mvcc: required revision has been compacted";

    @Test
    @Statement({"WAT-01", "WAT-02", "WAT-03", "WAT-04"})
    void sharesACallAmongWatchers(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "0");
        try (WatchCall watch = WatchCall.open(client)) {
            watch.call().send(WatchRequest.getDefaultInstance());
            for (int i = 0; i < 20; i++) {
                watch.ask(one(keys.key(i % 2 == 0 ? "a" : "b"), 0));
            }
            for (int i = 0; i < 20; i++) {
                WatchResponse created = watch.next();
                assertTrue(created.getCreated());
                assertFalse(created.getCanceled());
                assertEquals(i, created.getWatchId());
                assertEquals(revision, created.getHeader().getRevision());
                assertTrue(created.getHeader().getMemberId() != 0
                        && created.getHeader().getClusterId() != 0
                        && created.getHeader().getRaftTerm() > 0);
            }

            long put = client.putRevision(keys.key("a"), "1");
            List<WatchResponse> responses =
                    IntStream.range(0, 10).mapToObj(i -> watch.nextEvents()).toList();

            assertEquals(
                    Set.of(0L, 2L, 4L, 6L, 8L, 10L, 12L, 14L, 16L, 18L),
                    responses.stream().map(WatchResponse::getWatchId).collect(Collectors.toSet()));
            responses.forEach(
                    response -> assertEquals(put, response.getEvents(0).getKv().getModRevision()));
        }
    }

    @Test
    @Statement("WAT-02")
    void answersACreationBeforeItsHistory(Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "1");
        try (WatchCall watch = WatchCall.open(client)) {
            for (int i = 0; i < 50; i++) {
                WatchResponse created = watch.create(all(keys, first).setWatchId(1000 + i));
                assertEquals(1000 + i, created.getWatchId());
                assertEquals(1000 + i, watch.nextEvents().getWatchId());
            }
        }
    }

    @Test
    @Statement("WAT-04")
    void takesTheClientsIds(Client client, Keys keys) {
        try (WatchCall watch = WatchCall.open(client)) {
            assertEquals(1, watch.create(all(keys, 0).setWatchId(1)).getWatchId());
            assertEquals(0, watch.create(all(keys, 0)).getWatchId());
            assertEquals(2, watch.create(all(keys, 0)).getWatchId());
            assertEquals(-7, watch.create(all(keys, 0).setWatchId(-7)).getWatchId());
            assertEquals(
                    Long.MAX_VALUE,
                    watch.create(all(keys, 0).setWatchId(Long.MAX_VALUE)).getWatchId());
            assertEquals(3, watch.create(all(keys, 0)).getWatchId());
        }
        try (WatchCall another = WatchCall.open(client)) {
            assertEquals(0, another.create(all(keys, 0)).getWatchId());
        }
    }

    @Test
    @Statement({"WAT-05", "WAT-06", "WAT-09"})
    void refusesAnIdInUse(Client client, Keys keys) {
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, 0).setWatchId(5));
            long revision = client.revision();

            WatchResponse refusal = watch.refused(all(keys, 0).setWatchId(5), DUPLICATE);
            assertEquals(revision, refusal.getHeader().getRevision());
            // Of several reasons the id comes last.
            watch.refused(one(keys.key("b"), 0).setRangeEnd(keys.key("a")).setWatchId(5), EMPTY_RANGE);
            watch.refused(all(keys, -1).setWatchId(5), COMPACTED);
            client.put(keys.key("a"), "1");
            assertEquals(5, watch.nextEvents().getWatchId());
        }
    }

    @Test
    @Statement("WAT-06")
    void refusesEmptyRanges(Client client, Keys keys) {
        try (WatchCall watch = WatchCall.open(client)) {
            watch.refused(one(keys.key("b"), 0).setRangeEnd(keys.key("a")), EMPTY_RANGE);
            watch.refused(one(keys.key("b"), 0).setRangeEnd(keys.key("b")), EMPTY_RANGE);
            // A refused request uses no id up.
            assertEquals(
                    0, watch.create(one(keys.key("b"), 0).setRangeEnd(FROM_KEY)).getWatchId());
            client.put(keys.key("b"), "1");
            assertEquals(keys.key("b"), watch.nextEvents().getEvents(0).getKv().getKey());
        }
    }

    @Test
    @OwnMember
    @Statement("WAT-07")
    void treatsTheEmptyKeyAsTheFirst(Client client) {
        ByteString zero = ByteString.copyFrom(new byte[] {0});
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(WatchCreateRequest.newBuilder().setWatchId(1));
            watch.create(WatchCreateRequest.newBuilder().setWatchId(2).setRangeEnd(FROM_KEY));
            client.put(bytes("a"), "1");
            WatchResponse everything = watch.nextEvents();
            assertEquals(2, everything.getWatchId());
            assertEquals(bytes("a"), everything.getEvents(0).getKv().getKey());

            client.put(zero, "1");
            assertEquals(
                    Set.of(1L, 2L),
                    Set.of(watch.nextEvents().getWatchId(), watch.nextEvents().getWatchId()));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, -100, Long.MIN_VALUE})
    @Statement("WAT-09")
    void refusesNegativeRevisions(long from, Client client, Keys keys) {
        try (WatchCall watch = WatchCall.open(client)) {
            watch.refused(all(keys, from), COMPACTED);
            assertEquals(0, watch.create(all(keys, 0)).getWatchId());
        }
    }

    @Test
    @Statement("WAT-14")
    void cancelsWatchers(Client client, Keys keys) {
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, 0).setWatchId(3));
            watch.create(all(keys, 0).setWatchId(4));
            watch.cancel(3);
            WatchResponse end = watch.next();

            assertTrue(end.getCanceled());
            assertFalse(end.getCreated());
            assertEquals(3, end.getWatchId());
            assertEquals("", end.getCancelReason());
            assertEquals(0, end.getCompactRevision());
            assertEquals(client.revision(), end.getHeader().getRevision());
            // Neither of these is answered: the next answer is about the creation behind them.
            watch.cancel(3);
            watch.cancel(99);
            watch.cancel(-1);
            assertEquals(5, watch.create(all(keys, 0).setWatchId(5)).getWatchId());
            client.put(keys.key("a"), "1");
            assertEquals(
                    Set.of(4L, 5L),
                    Set.of(watch.nextEvents().getWatchId(), watch.nextEvents().getWatchId()));
            assertEquals(3, watch.create(all(keys, 0).setWatchId(3)).getWatchId());
        }
    }

    @Test
    @Statement("WAT-37")
    void goesOnAfterAHalfClose(Client client, Keys keys) {
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, 0));
            watch.call().halfClose();
            for (int i = 0; i < 3; i++) {
                long put = client.putRevision(keys.key("a"), "v" + i);
                assertEquals(put, watch.nextEvents().getEvents(0).getKv().getModRevision());
            }
            assertFalse(watch.call().hasEnded());
        }
    }

    /// The text that the server gives a call that its client has cancelled does not reach the client.
    @Test
    @Statement("WAT-38")
    void endsWithTheCall(Client client, Keys keys) {
        try (WatchCall other = WatchCall.open(client)) {
            other.create(all(keys, 0));
            WatchCall watch = WatchCall.open(client);
            watch.create(all(keys, 0));
            watch.close();

            assertEquals(Status.Code.CANCELLED, watch.call().awaitEnd().getCode());
            client.put(keys.key("a"), "1");
            assertEquals(1, other.events(1).size());
        }
    }
}
