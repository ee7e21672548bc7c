package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.delete;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.WatchCall.all;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Large answers, slow readers and progress.
@BlackBox
class WatchStreamIT {

    private static final int FRAGMENT = 1_572_864 + (512 << 10);

    @Test
    @Statement({"WAT-25", "WAT-26"})
    void splitsLargeAnswersWhenAsked(Client client, Keys keys) {
        int pairs = 60;
        ByteString value = ByteString.copyFrom(new byte[100 << 10]);
        for (int i = 0; i < pairs; i++) {
            client.kv().put(put(keys.key("k" + (100 + i)), "").setValue(value).build());
        }
        try (WatchCall whole = WatchCall.open(client);
                WatchCall split = WatchCall.open(client)) {
            whole.create(all(keys, 0).setPrevKv(true));
            split.create(all(keys, 0).setPrevKv(true).setFragment(true).setWatchId(6));
            long revision = client.kv()
                    .deleteRange(delete(keys.prefix(), keys.end()).build())
                    .getHeader()
                    .getRevision();

            WatchResponse one = whole.nextEvents();
            assertEquals(pairs, one.getEventsCount());
            assertFalse(one.getFragment());
            assertTrue(one.getSerializedSize() > FRAGMENT);
            List<WatchResponse> parts = parts(split);
            assertTrue(parts.size() >= one.getSerializedSize() / FRAGMENT + 1, () -> parts.size() + " parts");
            for (WatchResponse part : parts) {
                assertEquals(6, part.getWatchId());
                assertEquals(one.getHeader(), part.getHeader());
                assertTrue(part.getSerializedSize() < FRAGMENT, () -> part.getSerializedSize() + " bytes");
            }
            assertEquals(
                    one.getEventsList(),
                    parts.stream()
                            .flatMap(part -> part.getEventsList().stream())
                            .toList());
            assertEquals(revision, one.getHeader().getRevision());
            // A small answer comes in one part.
            client.put(keys.key("small"), "1");
            assertFalse(split.nextEvents().getFragment());
        }
    }

    private static List<WatchResponse> parts(WatchCall watch) {
        List<WatchResponse> parts = new ArrayList<>();
        do {
            parts.add(watch.nextEvents());
        } while (parts.getLast().getFragment());
        return parts;
    }

    @Test
    @OwnMember("--max-request-bytes=10000")
    @Statement("WAT-25")
    void takesTheSizeOfAPartFromTheFlag(Client client, Keys keys) {
        int part = 10_000 + (512 << 10);
        ByteString value = ByteString.copyFrom(new byte[9_000]);
        for (int i = 0; i < 100; i++) {
            client.kv().put(put(keys.key("k" + (100 + i)), "").setValue(value).build());
        }
        try (WatchCall split = WatchCall.open(client)) {
            split.create(all(keys, 0).setPrevKv(true).setFragment(true));
            client.kv().deleteRange(delete(keys.prefix(), keys.end()).build());
            List<WatchResponse> parts = parts(split);

            assertEquals(2, parts.size());
            assertTrue(parts.stream().allMatch(each -> each.getSerializedSize() < part));
            assertEquals(
                    100, parts.stream().mapToInt(WatchResponse::getEventsCount).sum());
        }
    }

    @Test
    @OwnMember
    @Statement("WAT-27")
    void delaysEventsOfSlowReaders(Member member, Keys keys) {
        Client client = member.client();
        String value = "x".repeat(16 << 10);
        int puts = 900;
        try (Client slow = member.connectSlow();
                WatchCall lagging = WatchCall.openByHand(slow);
                WatchCall prompt = WatchCall.open(client)) {
            long before = lagging.create(all(keys, 0)).getHeader().getRevision();
            prompt.create(all(keys, 0));
            for (int i = 0; i < puts; i++) {
                client.put(keys.key("a"), value);
            }
            List<Long> expected =
                    LongStream.rangeClosed(before + 1, before + puts).boxed().toList();

            assertEquals(expected, revisions(prompt.events(puts)));
            lagging.call().requestAll();
            assertEquals(expected, revisions(lagging.events(puts)));
            // Then it is a watcher like others.
            long put = client.putRevision(keys.key("a"), "last");
            WatchResponse last = lagging.nextEvents();
            assertEquals(List.of(put), revisions(last.getEventsList()));
            assertEquals(put, last.getHeader().getRevision());
        }
    }

    @Test
    @OwnMember("--watch-progress-notify-interval=300ms")
    @Statement({"WAT-29", "WAT-31", "WAT-32"})
    void reportsProgressFromTimeToTime(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "1");
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, 0).setWatchId(1).setProgressNotify(true));
            watch.create(all(keys, 0).setWatchId(2));
            watch.create(all(keys, revision + 10).setWatchId(3).setProgressNotify(true));
            for (int i = 0; i < 4; i++) {
                assertProgress(watch.next(), 1, revision);
            }
            long put = client.putRevision(keys.key("b"), "1");
            List<Long> events = new ArrayList<>();
            WatchResponse response = watch.next();
            while (response.getEventsCount() > 0 || response.getHeader().getRevision() < put) {
                events.addAll(revisions(response.getEventsList()));
                response = watch.next();
            }
            assertEquals(List.of(put, put), events);
            assertProgress(response, 1, put);
        }
    }

    private static void assertProgress(WatchResponse progress, long id, long revision) {
        assertEquals(id, progress.getWatchId(), progress::toString);
        assertEquals(0, progress.getEventsCount());
        assertFalse(progress.getCreated() || progress.getCanceled(), progress::toString);
        assertEquals(revision, progress.getHeader().getRevision());
    }

    @Test
    @Statement({"WAT-30", "WAT-31"})
    void reportsProgressWhenAsked(Client client, Keys keys) {
        try (WatchCall watch = WatchCall.open(client)) {
            // Without watchers there is no answer: the next one is about the creation behind it.
            watch.askProgress();
            watch.create(all(keys, 0).setWatchId(8));
            watch.askProgress();
            assertProgress(watch.next(), -1, client.revision());
            for (int round = 0; round < 20; round++) {
                long last = 0;
                for (int i = 0; i < 5; i++) {
                    last = client.putRevision(keys.key("a"), "v" + i);
                }
                watch.askProgress();
                assertEquals(LongStream.rangeClosed(last - 4, last).boxed().toList(), revisions(watch.events(5)));
                assertProgress(watch.next(), -1, last);
            }
            client.put(keyOutside(keys), "1");
            watch.askProgress();
            assertProgress(watch.next(), -1, client.revision());
            client.delete(keyOutside(keys));
        }
    }

    private static ByteString keyOutside(Keys keys) {
        return ByteString.copyFromUtf8("outside/").concat(keys.prefix());
    }

    @Test
    @Statement({"WAT-30", "WAT-32"})
    void reportsNoProgressWhileAWatcherWaitsForTheFuture(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "0");
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, 0).setWatchId(1));
            watch.create(all(keys, revision + 2).setWatchId(2));
            watch.askProgress();
            long put = client.putRevision(keys.key("a"), "1");
            WatchResponse first = watch.next();
            assertEquals(1, first.getWatchId(), first::toString);
            assertEquals(List.of(put), revisions(first.getEventsList()));
            client.put(keys.key("a"), "2");
            assertEquals(2, watch.events(2).size());
            watch.askProgress();
            assertProgress(watch.next(), -1, revision + 2);
        }
    }

    /// What is written one operation after the other is seen by watchers from the start, from the middle of a
    /// broken call, and with a filter: complete, in order, with the pairs before.
    @Test
    @Statement({"WAT-42", "WAT-16", "WAT-17", "WAT-21"})
    void tellsTheWholeHistoryHoweverItIsRead(Client client, Keys keys) {
        try (WatchCall live = WatchCall.open(client)) {
            long before = live.create(all(keys, 0).setPrevKv(true)).getHeader().getRevision();
            WatchModel model = new WatchModel(keys);
            for (int i = 0; i < 300; i++) {
                TxnRequest.Builder txn = model.step(i);
                model.applied(client.txn(txn).getHeader().getRevision());
            }
            List<Event> expected = model.events();
            int half = expected.size() / 2;

            assertEquals(expected, live.events(expected.size()));
            long seen = expected.get(half).getKv().getModRevision();
            List<Event> resumed = new ArrayList<>(expected.stream()
                    .filter(event -> event.getKv().getModRevision() <= seen)
                    .toList());
            try (WatchCall again = WatchCall.open(client)) {
                again.create(all(keys, seen + 1).setPrevKv(true));
                resumed.addAll(again.events(expected.size() - resumed.size()));
            }
            assertEquals(expected, resumed);
            try (WatchCall history = WatchCall.open(client)) {
                history.create(all(keys, before + 1).setPrevKv(true));
                assertEquals(expected, history.events(expected.size()));
            }
        }
    }

    private static List<Long> revisions(List<Event> events) {
        return events.stream().map(event -> event.getKv().getModRevision()).toList();
    }
}
