package io.metastore.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WatchHubTest {
    private static final WatchSpec EVERYTHING = WatchSpec.of(KeyRange.ALL, 0);

    private final FakeStore store = new FakeStore();
    private WatchHub hub = new WatchHub(store, WatchLimits.defaults());

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void wat12_aSlowWatcherThatACompactionOvertakesIsCancelled() {
        hub = new WatchHub(store, WatchLimits.defaults().withStreamBytes(1));
        hub.start();
        RecordingSink sink = new RecordingSink(1);
        WatchSession session = hub.open(sink);
        session.create(EVERYTHING);
        sink.await(1);
        for (int i = 0; i < 10; i++) {
            hub.publish(store.put("a", "" + i));
        }
        store.compact(8);
        session.requestProgress();
        sink.awaitDone(2);
        assertEquals(1, hub.counts().slowWatchers());
        sink.grant(session, 5);
        List<Delivery> all = sink.await(2);
        assertEquals(new Delivery.Overtaken(0, 8), all.get(1));
        session.cancel(0);
        assertInstanceOf(Delivery.Cancelled.class, sink.await(3).get(2));
        assertEquals(0, hub.counts().watchers());
    }

    @Test
    void watchersOfOneRangeShareWhatIsPreparedForThem() {
        hub.start();
        RecordingSink sink = new RecordingSink(RecordingSink.UNLIMITED);
        WatchSession session = hub.open(sink);
        session.create(EVERYTHING);
        session.create(EVERYTHING);
        sink.await(2);
        hub.publish(store.put("a", "1"));
        List<Delivery> all = sink.await(4);
        assertSame(((Delivery.Events) all.get(2)).batch(), ((Delivery.Events) all.get(3)).batch());
    }

    @Test
    void laggingWatchersOfSimilarPositionShareAScan() {
        for (int i = 0; i < 50; i++) {
            store.put("a", "" + i);
        }
        hub.start();
        RecordingSink sink = new RecordingSink(0);
        WatchSession session = hub.open(sink);
        for (int i = 0; i < 100; i++) {
            session.create(WatchSpec.of(KeyRange.ALL, 2 + i % 10));
        }
        sink.awaitDone(100);
        sink.grant(session, RecordingSink.UNLIMITED);
        sink.await(200);
        assertTrue(hub.counts().scans() <= 10, "scans: " + hub.counts().scans());
    }

    @Test
    void aClientThatAsksAndNeverReadsIsNotAskedForMore() {
        hub = new WatchHub(store, WatchLimits.defaults().withStreamBytes(1000));
        hub.start();
        RecordingSink sink = new RecordingSink(0);
        WatchSession session = hub.open(sink);
        RecordingSink other = new RecordingSink(RecordingSink.UNLIMITED);
        WatchSession marker = hub.open(other);
        for (int i = 0; i < 100; i++) {
            session.create(EVERYTHING);
        }
        marker.create(EVERYTHING);
        other.awaitDone(1);
        assertTrue(hub.totalBytes().get() > 1000);
        assertEquals(7, sink.demands());
        sink.grant(session, RecordingSink.UNLIMITED);
        sink.awaitDone(100);
        assertEquals(100, sink.deliveries().size());
    }

    @Test
    void whenTheHubFallsBehindWatchersReadHistoryAndMissNothing() {
        WatchLimits tiny = new WatchLimits(
                1 << 20,
                1 << 20,
                100,
                100,
                1,
                1000,
                1 << 20,
                1 << 20,
                1000,
                1 << 20,
                WatchLimits.defaults().progressInterval(),
                10);
        hub = new WatchHub(store, tiny);
        hub.start();
        RecordingSink sink = new RecordingSink(RecordingSink.UNLIMITED);
        WatchSession session = hub.open(sink);
        session.create(EVERYTHING);
        sink.await(1);
        for (int i = 0; i < 2000; i++) {
            hub.publish(store.transaction(FakeStore.Change.put("a", Bytes.wrap(new byte[60]))));
        }
        WatchHistoryCheck check = new WatchHistoryCheck(store, 1000, List.of(EVERYTHING));
        check.check(sink.await(check::isComplete, "all events"));
        assertTrue(hub.counts().skips() > 0);
    }

    @Test
    void aHubThatStartsOnAnOldStoreContinuesAtItsRevision() {
        Commit last = null;
        for (int i = 0; i < 5; i++) {
            last = store.put("a", "" + i);
        }
        hub.start();
        hub.publish(last);
        RecordingSink sink = new RecordingSink(RecordingSink.UNLIMITED);
        WatchSession session = hub.open(sink);
        session.create(EVERYTHING);
        assertEquals(new Delivery.Created(0, last.revision()), sink.await(1).get(0));
        hub.publish(store.put("a", "new"));
        assertEquals(last.revision() + 1, sink.await(2).get(1).revision());
    }

    /// The catch-up thread reads the store, which is ahead of the live thread by what waits in the mailbox. Here
    /// the live thread is held back at revision 5 while the watcher has everything up to 8: progress at 5 would
    /// go back behind what the client has.
    @Test
    void wat31_progressDoesNotGoBackBehindEventsThatWereSent() {
        for (int i = 0; i < 4; i++) {
            store.put("a", "" + i);
        }
        hub.start();
        List<Commit> unpublished = List.of(store.put("a", "6"), store.put("a", "7"), store.put("a", "8"));
        RecordingSink sink = new RecordingSink(RecordingSink.UNLIMITED);
        WatchSession session = hub.open(sink);
        session.create(WatchSpec.of(KeyRange.ALL, 2));
        assertEquals(8, sink.await(2).get(1).revision());
        int commands = 1;
        do {
            session.requestProgress();
            sink.awaitDone(++commands);
        } while (hub.counts().slowWatchers() > 0);
        session.requestProgress();
        sink.awaitDone(++commands);
        assertEquals(2, sink.deliveries().size());
        unpublished.forEach(hub::publish);
        session.requestProgress();
        assertEquals(
                new Delivery.Progress(Delivery.NO_WATCHER, 8), sink.await(3).get(2));
    }
}
