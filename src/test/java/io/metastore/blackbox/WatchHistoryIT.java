package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.physicalCompaction;
import static io.metastore.blackbox.WatchCall.all;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest.FilterType;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.Event.EventType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Watchers that start in the past or in the future, and what compaction does to them.
@BlackBox
class WatchHistoryIT {

    private static final String DUPLICATE = "mvcc: duplicate watch ID provided on the WatchStream";
    private static final int BATCH = 1000;

    @Test
    @Statement({"WAT-08", "WAT-24"})
    void startsInThePast(Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "1");
        client.put(keys.key("a"), "2");
        client.delete(keys.key("a"));
        long last = client.putRevision(keys.key("b"), "3");
        try (WatchCall watch = WatchCall.open(client)) {
            for (long from = first; from <= last; from++) {
                assertEquals(last, watch.create(all(keys, from)).getHeader().getRevision());
                WatchResponse history = watch.nextEvents();
                assertEquals(LongStream.rangeClosed(from, last).boxed().toList(), revisions(history.getEventsList()));
                // The header tells up to where history was read, not the last event.
                assertEquals(last, history.getHeader().getRevision());
                watch.cancel(history.getWatchId());
                assertTrue(watch.next().getCanceled());
            }
        }
    }

    @Test
    @Statement({"WAT-08", "WAT-24"})
    void tellsTheStoresRevisionWithHistory(Client client, Keys keys) {
        long first = client.putRevision(keys.key("a/1"), "1");
        long last = client.putRevision(keys.key("b/1"), "2");
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(WatchCall.one(keys.key("a/1"), first));
            WatchResponse history = watch.nextEvents();

            assertEquals(List.of(first), revisions(history.getEventsList()));
            assertEquals(last, history.getHeader().getRevision());
        }
    }

    @Test
    @Statement({"WAT-08", "WAT-17", "WAT-19"})
    void filtersHistory(Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "1");
        client.delete(keys.key("a"));
        client.put(keys.key("a"), "2");
        long last = client.putRevision(keys.key("a"), "3");
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, first).addFilters(FilterType.NOPUT).setPrevKv(true));
            Event deleted = watch.events(1).getFirst();
            assertEquals(EventType.DELETE, deleted.getType());
            assertEquals(first, deleted.getPrevKv().getModRevision());
            watch.create(all(keys, first).addFilters(FilterType.NODELETE).setPrevKv(true));
            List<Event> puts = watch.events(3);
            assertEquals(List.of(first, first + 2, last), revisions(puts));
            assertFalse(puts.get(1).hasPrevKv());
            assertEquals(puts.get(1).getKv(), puts.get(2).getPrevKv());
        }
    }

    @Test
    @Statement("WAT-08")
    void startsInTheFuture(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "0");
        try (WatchCall now = WatchCall.open(client);
                WatchCall later = WatchCall.open(client)) {
            now.create(all(keys, 0));
            assertEquals(
                    revision, later.create(all(keys, revision + 3)).getHeader().getRevision());
            for (int i = 1; i <= 4; i++) {
                client.put(keys.key("a"), "v" + i);
            }

            assertEquals(List.of(revision + 1, revision + 2, revision + 3, revision + 4), revisions(now.events(4)));
            assertEquals(List.of(revision + 3, revision + 4), revisions(later.events(2)));
        }
    }

    @Test
    @OwnMember
    @Statement({"WAT-10", "WAT-13"})
    void endsWatchersWithoutHistory(Client client, Keys keys) {
        for (int i = 0; i < 5; i++) {
            client.put(keys.key("a"), "v" + i);
        }
        long compaction = client.revision() - 1;
        var ignored = client.kv().compact(physicalCompaction(compaction));
        try (WatchCall watch = WatchCall.open(client)) {
            for (long from = 1; from < compaction; from++) {
                long id = watch.create(all(keys, from)).getWatchId();
                watch.compacted(id, compaction);
            }
            watch.create(all(keys, 1).setWatchId(50));
            watch.compacted(50, compaction);
            watch.refused(all(keys, 0).setWatchId(50), DUPLICATE);
            watch.cancel(50);
            WatchResponse end = watch.next();
            assertTrue(end.getCanceled(), end::toString);
            assertEquals(50, end.getWatchId());
            assertEquals(0, end.getCompactRevision());
            watch.create(all(keys, 0).setWatchId(50));
            long put = client.putRevision(keys.key("b"), "1");
            assertEquals(List.of(put), revisions(watch.events(1)));
        }
    }

    @Test
    @OwnMember
    @Statement("WAT-11")
    void readsFromTheCompactedRevision(Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        client.put(keys.key("b"), "1");
        long deleted = client.delete(keys.key("a"));
        client.put(keys.key("a"), "2");
        var ignored = client.kv().compact(physicalCompaction(deleted));
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, deleted));
            List<Event> events = watch.events(2);

            assertEquals(List.of(deleted, deleted + 1), revisions(events));
            assertEquals(EventType.DELETE, events.get(0).getType());
            assertEquals(keys.key("a"), events.get(0).getKv().getKey());
        }
    }

    @Test
    @OwnMember
    @Statement("WAT-12")
    void endsWatchersThatCompactionOvertakes(Member member, Keys keys) {
        Client client = member.client();
        String value = "x".repeat(64 << 10);
        try (Client slow = member.connectSlow();
                WatchCall watch = WatchCall.openByHand(slow)) {
            long before = watch.create(all(keys, 0)).getHeader().getRevision();
            for (int i = 0; i < 700; i++) {
                client.put(keys.key("a"), value);
            }
            long compaction = client.revision();
            var ignored = client.kv().compact(physicalCompaction(compaction));
            client.put(keys.key("b"), "1");
            watch.call().requestAll();

            long seen = before;
            WatchResponse response = watch.next();
            while (!response.getCanceled()) {
                for (Event event : response.getEventsList()) {
                    assertEquals(++seen, event.getKv().getModRevision());
                }
                assertTrue(seen < compaction, "all events have arrived: the watcher was not slow enough");
                response = watch.next();
            }
            assertEquals(compaction, response.getCompactRevision());
            assertEquals(0, response.getHeader().getRevision());
            assertEquals("", response.getCancelReason());
            assertEquals(0, response.getEventsCount());
        }
    }

    @Test
    @OwnMember
    @Statement({"WAT-21", "WAT-23"})
    void readsHistoryInBatches(Client client, Keys keys) {
        long first = client.revision() + 1;
        int revisions = 2 * BATCH + 200;
        for (int i = 0; i < revisions; i++) {
            client.txn(Requests.then(
                    Requests.op(Requests.put(keys.key("a" + i % 7), "1")),
                    Requests.op(Requests.put(keys.key("b"), "1"))));
        }
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, first));
            List<Event> events = new ArrayList<>();
            Set<Long> before = new HashSet<>();
            while (events.size() < 2 * revisions) {
                WatchResponse response = watch.nextEvents();
                Set<Long> batch = Set.copyOf(new HashSet<>(revisions(response.getEventsList())));
                assertTrue(batch.size() <= BATCH, () -> batch.size() + " revisions in one batch");
                assertFalse(batch.stream().anyMatch(before::contains), "a revision in two batches");
                assertFalse(response.getFragment());
                before.addAll(batch);
                events.addAll(response.getEventsList());
            }

            assertEquals(
                    LongStream.range(first, first + revisions)
                            .flatMap(revision -> LongStream.of(revision, revision))
                            .boxed()
                            .toList(),
                    revisions(events));
        }
    }

    @Test
    @Statement("WAT-28")
    void catchesManyWatchersUp(Client client, Keys keys) {
        int watchers = 1100;
        long first = client.putRevision(keys.key("a"), "1");
        client.put(keys.key("a"), "2");
        try (WatchCall watch = WatchCall.open(client)) {
            for (int i = 0; i < watchers; i++) {
                watch.ask(all(keys, first));
            }
            int created = 0;
            int events = 0;
            Set<Long> ids = new HashSet<>();
            while (created < watchers || events < 2 * watchers) {
                WatchResponse response = watch.next();
                created += response.getCreated() ? 1 : 0;
                events += response.getEventsCount();
                ids.add(response.getWatchId());
            }

            assertEquals(watchers, created);
            assertEquals(2 * watchers, events);
            assertEquals(watchers, ids.size());
        }
    }

    private static List<Long> revisions(List<Event> events) {
        return events.stream().map(event -> event.getKv().getModRevision()).toList();
    }
}
