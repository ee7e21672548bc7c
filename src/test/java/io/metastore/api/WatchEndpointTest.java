package io.metastore.api;

import static io.metastore.api.WatchClient.all;
import static io.metastore.api.WatchClient.key;
import static io.metastore.api.WatchClient.prefix;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest.FilterType;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.Event.EventType;
import io.metastore.value.Bytes;
import io.metastore.watch.FakeStore.Change;
import io.metastore.watch.WatchLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// etcd's statements about Watch, each over a real connection.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WatchEndpointTest {
    private static final int FRAGMENT = 4096;
    private static final Duration PROGRESS = Duration.ofMillis(200);

    private WatchServer server;

    @BeforeEach
    void start() throws Exception {
        server = new WatchServer(WatchLimits.defaults().withProgressInterval(PROGRESS), FRAGMENT);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    @Test
    void wat01_manyWatchersShareAStreamAndEmptyRequestsAreIgnored() {
        WatchClient client = server.client();
        client.sendNothing();
        client.create(key("a"));
        client.sendNothing();
        client.create(key("b"));
        assertEquals(0, created(client.next()));
        assertEquals(1, created(client.next()));
        server.put("b", "1");
        server.put("a", "2");
        assertEquals(1, client.next().getWatchId());
        assertEquals(0, client.next().getWatchId());
        client.cancel(0);
        assertTrue(client.next().getCanceled());
    }

    @Test
    void wat02_createdCarriesTheCurrentRevisionAndComesFirst() {
        long now = server.put("a", "1");
        WatchClient client = server.client();
        client.create(key("a").setStartRevision(now));
        WatchResponse first = client.next();
        assertEquals(0, created(first));
        assertEquals(now, first.getHeader().getRevision());
        assertEquals(WatchServer.CLUSTER_ID, first.getHeader().getClusterId());
        assertEquals(WatchServer.MEMBER_ID, first.getHeader().getMemberId());
        assertEquals(WatchServer.TERM, first.getHeader().getRaftTerm());
        assertEquals(now, client.next().getEvents(0).getKv().getModRevision());
    }

    @Test
    void wat03_createsAreAnsweredInOrder() {
        WatchClient client = server.client();
        for (int i = 0; i < 200; i++) {
            client.create(i % 3 == 2 ? key("b").setRangeEnd(utf8("a")) : key("a").setWatchId(1000 + i));
        }
        for (int i = 0; i < 200; i++) {
            assertEquals(i % 3 == 2 ? -1 : 1000 + i, client.next().getWatchId());
        }
    }

    @Test
    void wat04_idsAreAssignedFromZeroAndSkipThoseInUse() {
        WatchClient client = server.client();
        client.create(key("a").setWatchId(1));
        client.create(key("a").setWatchId(-7));
        client.create(key("a"));
        client.create(key("a"));
        client.create(key("a"));
        assertEquals(
                List.of(1L, -7L, 0L, 2L, 3L),
                client.next(5).stream().map(WatchResponse::getWatchId).toList());
    }

    @Test
    void wat05_anIdInUseIsRefusedAndTheStreamSurvives() {
        WatchClient client = server.client();
        client.create(key("a").setWatchId(5));
        assertEquals(5, created(client.next()));
        client.create(key("b").setWatchId(5));
        refused(client.next(), "mvcc: duplicate watch ID provided on the WatchStream");
        server.put("a", "1");
        assertEquals(5, client.next().getWatchId());
    }

    @Test
    void wat04_wat05_minusOneIsAnIdLikeOthers() {
        WatchClient client = server.client();
        client.create(key("a").setWatchId(-1));
        assertEquals(-1, created(client.next()));
        server.put("a", "1");
        assertEquals(1, client.next().getEventsCount());
        client.create(key("a").setWatchId(-1));
        refused(client.next(), "mvcc: duplicate watch ID provided on the WatchStream");
        client.cancel(-1);
        WatchResponse answer = client.next();
        assertTrue(answer.getCanceled());
        assertFalse(answer.getCreated());
    }

    @Test
    void wat05_wat06_wat09_whichReasonComesFirst() {
        WatchClient client = server.client();
        client.create(key("b").setWatchId(7));
        assertEquals(7, created(client.next()));
        client.create(key("b").setWatchId(7).setRangeEnd(utf8("a")).setStartRevision(-3));
        refused(client.next(), "etcdserver: mvcc: required revision has been compacted");
        client.create(key("b").setWatchId(7).setRangeEnd(utf8("a")));
        refused(client.next(), "mvcc: watcher range is empty");
    }

    @Test
    void wat06_anEmptyRangeIsRefused() {
        WatchClient client = server.client();
        client.create(key("b").setRangeEnd(utf8("a")));
        refused(client.next(), "mvcc: watcher range is empty");
        client.create(key("b").setRangeEnd(utf8("b")));
        refused(client.next(), "mvcc: watcher range is empty");
    }

    @Test
    void wat07_anEmptyKeyIsTheZeroByte() {
        WatchClient client = server.client();
        client.create(all());
        assertEquals(0, created(client.next()));
        server.put("anything", "1");
        assertEquals(1, client.next().getEventsCount());
    }

    @Test
    void wat08_startRevisions() {
        long first = server.put("a", "1");
        server.put("a", "2");
        long now = server.put("a", "3");
        WatchClient past = server.client();
        past.create(key("a").setStartRevision(first + 1));
        WatchClient future = server.client();
        future.create(key("a").setStartRevision(now + 2));
        WatchClient fresh = server.client();
        fresh.create(key("a"));
        created(past.next());
        created(future.next());
        created(fresh.next());
        server.put("a", "4");
        server.put("a", "5");
        assertEquals(List.of(first + 1, first + 2, first + 3, first + 4), revisions(past, 4));
        assertEquals(List.of(now + 2), revisions(future, 1));
        assertEquals(List.of(now + 1, now + 2), revisions(fresh, 2));
    }

    @Test
    void wat09_aNegativeStartRevisionIsRefusedAsCompacted() {
        WatchClient client = server.client();
        client.create(key("a").setStartRevision(-1));
        WatchResponse answer = client.next();
        refused(answer, "etcdserver: mvcc: required revision has been compacted");
        assertEquals(0, answer.getCompactRevision());
    }

    @Test
    void wat10_wat13_belowTheCompactedRevisionTheWatcherIsCancelledAndItsIdStaysReserved() {
        WatchClient client = server.client();
        for (int i = 0; i < 10; i++) {
            server.put("a", "" + i);
        }
        server.store.compact(6);
        client.create(key("a").setStartRevision(5));
        assertEquals(0, created(client.next()));
        WatchResponse answer = client.next();
        assertTrue(answer.getCanceled());
        assertFalse(answer.getCreated());
        assertEquals(0, answer.getWatchId());
        assertEquals(6, answer.getCompactRevision());
        assertEquals(0, answer.getHeader().getRevision());
        assertEquals("", answer.getCancelReason());
        // The id cannot be had again until the client cancels it.
        client.create(key("a"));
        assertEquals(1, created(client.next()));
        client.requestProgress();
        client.cancel(0);
        assertTrue(client.next().getCanceled(), "no progress while a watcher is not synced (WAT-30)");
        client.cancel(0);
        client.create(key("a").setWatchId(9));
        assertEquals(9, created(client.next()));
    }

    @Test
    void wat11_theCompactedRevisionItselfWorks() {
        server.put("a", "1");
        long deleted = server.delete("a");
        long after = server.put("a", "2");
        server.store.compact(deleted);
        WatchClient client = server.client();
        client.create(key("a").setStartRevision(deleted));
        created(client.next());
        assertEquals(List.of(deleted, after), revisions(client, 2));
    }

    @Test
    void wat14_cancelOfAnUnknownIdIsNotAnswered() {
        WatchClient client = server.client();
        client.create(key("a"));
        created(client.next());
        client.cancel(99);
        client.cancel(0);
        WatchResponse answer = client.next();
        assertTrue(answer.getCanceled());
        assertEquals(0, answer.getWatchId());
        assertEquals("", answer.getCancelReason());
        assertEquals(0, answer.getCompactRevision());
        server.put("a", "1");
        client.cancel(0);
        client.create(key("b").setWatchId(3));
        assertEquals(3, created(client.next()));
    }

    @Test
    void wat15_wat16_eventsAreComplete() {
        WatchClient client = server.client();
        client.create(key("a"));
        created(client.next());
        long created = server.put("a", "1");
        long changed = server.put("a", "2");
        long deleted = server.delete("a");
        Event first = client.next().getEvents(0);
        assertEquals(EventType.PUT, first.getType());
        assertEquals(created, first.getKv().getCreateRevision());
        assertEquals(1, first.getKv().getVersion());
        Event second = client.next().getEvents(0);
        assertEquals("2", second.getKv().getValue().toStringUtf8());
        assertEquals(created, second.getKv().getCreateRevision());
        assertEquals(changed, second.getKv().getModRevision());
        assertEquals(2, second.getKv().getVersion());
        Event third = client.next().getEvents(0);
        assertEquals(EventType.DELETE, third.getType());
        assertEquals(
                io.metastore.api.etcd.mvccpb.KeyValue.newBuilder()
                        .setKey(utf8("a"))
                        .setModRevision(deleted)
                        .build(),
                third.getKv());
        assertFalse(third.hasPrevKv());
    }

    @Test
    void wat17_wat18_previousVersions() {
        WatchClient client = server.client();
        client.create(key("a").setPrevKv(true));
        created(client.next());
        server.put("a", "1");
        server.put("a", "2");
        long deleted = server.delete("a");
        assertFalse(client.next().getEvents(0).hasPrevKv());
        assertEquals("1", client.next().getEvents(0).getPrevKv().getValue().toStringUtf8());
        Event delete = client.next().getEvents(0);
        assertEquals("2", delete.getPrevKv().getValue().toStringUtf8());
        assertEquals(2, delete.getPrevKv().getVersion());
        server.store.compact(deleted);
        WatchClient late = server.client();
        late.create(key("a").setPrevKv(true).setStartRevision(deleted));
        created(late.next());
        Event again = late.next().getEvents(0);
        assertEquals(EventType.DELETE, again.getType());
        assertFalse(again.hasPrevKv(), "compacted by now");
    }

    @Test
    void wat19_filters() {
        WatchClient client = server.client();
        client.create(key("a").addFilters(FilterType.NOPUT).setWatchId(1));
        client.create(key("a").addFilters(FilterType.NODELETE).setWatchId(2));
        client.create(key("a").addFilters(FilterType.NODELETE)
                .addFilters(FilterType.NOPUT)
                .setWatchId(3));
        client.create(key("a").addFiltersValue(42).setWatchId(4));
        client.next(4);
        server.put("a", "1");
        server.delete("a");
        List<WatchResponse> got = client.next(4);
        assertEquals(
                List.of(1L, 2L, 4L, 4L),
                got.stream().map(WatchResponse::getWatchId).sorted().toList());
        for (WatchResponse response : got) {
            EventType type = response.getEvents(0).getType();
            assertTrue(response.getWatchId() != 1 || type == EventType.DELETE);
            assertTrue(response.getWatchId() != 2 || type == EventType.PUT);
        }
    }

    @Test
    void wat20_wat21_wat22_oneRevisionIsOneResponseInOrderOfExecution() {
        WatchClient client = server.client();
        server.put("k/1", "x");
        client.create(prefix("k/"));
        created(client.next());
        long revision = server.transaction(
                Change.put("k/9", Bytes.utf8("a")),
                Change.delete("k/1"),
                Change.put("other", Bytes.utf8("b")),
                Change.put("k/1", Bytes.utf8("c")));
        WatchResponse response = client.next();
        assertEquals(revision, response.getHeader().getRevision());
        assertEquals(
                List.of("k/9", "k/1", "k/1"),
                response.getEventsList().stream()
                        .map(event -> event.getKv().getKey().toStringUtf8())
                        .toList());
        assertEquals(EventType.DELETE, response.getEvents(1).getType());
    }

    @Test
    void wat23_wat24_headersOfLiveAndCatchUpResponses() {
        for (int i = 0; i < 2500; i++) {
            server.put("a", "" + i);
        }
        long now = server.store.revision();
        WatchClient client = server.client();
        client.create(key("a").setStartRevision(2));
        created(client.next());
        List<Integer> sizes = new ArrayList<>();
        List<Long> seen = new ArrayList<>();
        while (seen.size() < 2500) {
            WatchResponse batch = client.next();
            assertEquals(now, batch.getHeader().getRevision());
            sizes.add(batch.getEventsCount());
            batch.getEventsList().forEach(event -> seen.add(event.getKv().getModRevision()));
        }
        assertEquals(List.of(1000, 1000, 500), sizes);
        assertEquals(LongStream.rangeClosed(2, now).boxed().toList(), seen);
        long next = server.put("a", "live");
        WatchResponse live = client.next();
        assertEquals(next, live.getHeader().getRevision());
        assertEquals(1, live.getEventsCount());
    }

    @Test
    void wat25_wat26_fragments() {
        WatchClient client = server.client();
        client.create(prefix("k").setFragment(true).setWatchId(1));
        client.create(prefix("k").setWatchId(2));
        client.next(2);
        Change[] changes = new Change[6];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = Change.put("k" + i, Bytes.wrap(new byte[1400]));
        }
        long revision = server.transaction(changes);
        List<WatchResponse> parts = new ArrayList<>();
        for (WatchResponse response : client.next(4)) {
            assertEquals(revision, response.getHeader().getRevision());
            if (response.getWatchId() == 2) {
                assertEquals(6, response.getEventsCount());
                assertFalse(response.getFragment());
            } else {
                assertEquals(2, response.getEventsCount());
                parts.add(response);
            }
        }
        assertEquals(
                List.of(true, true, false),
                parts.stream().map(WatchResponse::getFragment).toList());
    }

    @Test
    void wat29_wat32_periodicProgress() {
        WatchClient client = server.client();
        long now = server.put("other", "1");
        client.create(key("a").setProgressNotify(true));
        client.create(key("b"));
        client.create(key("c").setProgressNotify(true).setStartRevision(now + 100));
        client.next(3);
        WatchResponse progress = client.next();
        assertEquals(0, progress.getWatchId());
        assertEquals(0, progress.getEventsCount());
        assertFalse(progress.getCreated() || progress.getCanceled());
        assertEquals(now, progress.getHeader().getRevision());
        assertEquals(0, client.next().getWatchId(), "only the one that may have it");
    }

    @Test
    void wat30_wat31_manualProgress() {
        WatchClient client = server.client();
        client.requestProgress();
        client.create(key("a"));
        assertEquals(0, created(client.next()), "no watcher, no answer");
        long now = server.put("a", "1");
        client.requestProgress();
        assertEquals(1, client.next().getEventsCount());
        WatchResponse progress = client.next();
        assertEquals(-1, progress.getWatchId());
        assertEquals(now, progress.getHeader().getRevision());
        assertEquals(0, progress.getEventsCount());
        client.create(key("b").setStartRevision(now + 100));
        assertEquals(1, created(client.next()));
        client.requestProgress();
        client.cancel(1);
        assertTrue(client.next().getCanceled(), "a watcher of the future silences progress");
        client.requestProgress();
        assertEquals(-1, client.next().getWatchId());
    }

    @Test
    void wat40_wat41_aJumpBySnapshotLosesAndRepeatsNothing() {
        WatchClient client = server.client();
        long now = server.put("a", "1");
        client.create(key("a"));
        client.create(key("a").setStartRevision(now + 4));
        client.next(2);
        server.put("a", "2");
        assertEquals(now + 1, client.next().getEvents(0).getKv().getModRevision());
        server.store.put("a", "3");
        server.store.put("a", "4");
        server.hub.resetTo(server.store.revision());
        WatchResponse joined = client.next();
        assertEquals(2, joined.getEventsCount());
        assertEquals(0, joined.getWatchId());
        server.put("a", "5");
        assertEquals(
                List.of(0L, 1L),
                client.next(2).stream()
                        .peek(response -> assertEquals(
                                now + 4, response.getEvents(0).getKv().getModRevision()))
                        .map(WatchResponse::getWatchId)
                        .sorted()
                        .toList());
    }

    private static long created(WatchResponse response) {
        assertTrue(response.getCreated(), response::toString);
        assertFalse(response.getCanceled(), response::toString);
        return response.getWatchId();
    }

    private static void refused(WatchResponse response, String reason) {
        assertTrue(response.getCreated());
        assertTrue(response.getCanceled());
        assertEquals(-1, response.getWatchId());
        assertEquals(reason, response.getCancelReason());
    }

    private static List<Long> revisions(WatchClient client, int count) {
        List<Long> seen = new ArrayList<>();
        while (seen.size() < count) {
            client.next()
                    .getEventsList()
                    .forEach(event -> seen.add(event.getKv().getModRevision()));
        }
        return seen;
    }

    private static ByteString utf8(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
