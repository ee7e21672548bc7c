package io.metastore.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random schedules on real threads, with limits so small that every path is taken: whatever happens, each
/// watcher gets the events it asked for, in order, once (WAT-21, WAT-22, WAT-27, WAT-31, WAT-42).
class WatchHubRandomTest {
    private static final WatchLimits SMALL =
            new WatchLimits(1500, 20_000, 12_000, 6000, 60, 5, 2000, 700, 40, 8000, Duration.ofMillis(100), 1000);

    private static final int STEPS = 1500;

    private static boolean inParts;
    private static boolean oversized;

    /// Of a client.
    private static final int LEAST_STEPS = 200;

    /// One stream with its own random client.
    private static final class Client implements Runnable {
        final RecordingSink sink;
        final WatchSession session;
        final List<WatchSpec> created = new ArrayList<>();
        private final FakeStore store;
        private final Random random;
        private final AtomicBoolean stop;
        private final boolean slow;
        private int commands;

        Client(WatchHub hub, FakeStore store, Random random, AtomicBoolean stop) {
            this.store = store;
            this.random = random;
            this.stop = stop;
            this.slow = random.nextInt(3) > 0;
            this.sink = new RecordingSink(slow ? 2 : RecordingSink.UNLIMITED);
            this.session = hub.open(sink);
        }

        @Override
        public void run() {
            // On a busy machine the writer may be done before this thread runs at all: some steps are made anyway.
            for (int step = 0; step < LEAST_STEPS || !stop.get(); step++) {
                int dice = random.nextInt(20);
                if (dice < 4 && created.size() < 40) {
                    WatchSpec spec = spec();
                    created.add(spec);
                    command(() -> session.create(spec));
                } else if (dice < 6 && !created.isEmpty()) {
                    command(() -> session.cancel(random.nextInt(created.size())));
                } else if (dice < 8) {
                    command(session::requestProgress);
                } else if (slow) {
                    sink.grant(session, random.nextInt(4));
                }
                if (dice > 17) {
                    LockSupport.parkNanos(random.nextInt(200_000));
                }
            }
            sink.grant(session, RecordingSink.UNLIMITED);
            sink.awaitDone(commands);
        }

        private void command(Runnable command) {
            commands++;
            command.run();
            if (!slow) {
                sink.awaitDone(commands);
            }
        }

        private WatchSpec spec() {
            long now = store.revision();
            long start = switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> now + random.nextInt(30);
                case 2 -> Math.max(1, now - random.nextInt(80));
                default -> 1 + random.nextLong(now);
            };
            int flags = random.nextInt(32);
            boolean dropPuts = (flags & 12) == 12;
            return new WatchSpec(
                    0,
                    range(),
                    start,
                    (flags & 1) != 0,
                    dropPuts,
                    (flags & 24) == 24,
                    (flags & 2) != 0,
                    random.nextBoolean());
        }

        private KeyRange range() {
            Bytes key = Bytes.utf8("k" + random.nextInt(10));
            return switch (random.nextInt(3)) {
                case 0 -> KeyRange.single(key);
                case 1 -> new KeyRange(key, null);
                default -> new KeyRange(Bytes.utf8("k"), Bytes.utf8("k5"));
            };
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void everyWatcherGetsItsEventsInOrderOnce(long seed) throws InterruptedException {
        Random random = new Random(seed);
        FakeStore store = new FakeStore();
        AtomicReference<Throwable> fault = new AtomicReference<>();
        List<Commit> early = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            early.add(change(store, random));
        }
        try (WatchHub hub = new WatchHub(store, SMALL, fault::set)) {
            hub.start();
            early.forEach(hub::publish);
            AtomicBoolean stop = new AtomicBoolean();
            List<Client> clients = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Client client = new Client(hub, store, new Random(random.nextLong()), stop);
                clients.add(client);
                threads.add(Thread.ofPlatform().start(client));
            }
            apply(hub, store, random);
            stop.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            for (Client client : clients) {
                WatchHistoryCheck check = new WatchHistoryCheck(store, SMALL.batchRevisions(), client.created);
                client.sink.await(check::isComplete, "all events, seed " + seed);
                check.check(client.sink.deliveries());
                client.session.close();
            }
            assertNull(fault.get());
            assertEquals(0, hub.totalBytes().get());
            assertEquals(0, hub.counts().pendingEvents());
            assertTrue(hub.counts().scans() > 0);
            inParts |= inParts(clients);
            oversized |= oversized(clients);
        }
        assertEquals(0, store.openHistories());
    }

    /// Which seed meets a large revision in history is chance; that one of ten does is not.
    @AfterAll
    static void largeRevisionsWereMet() {
        assertTrue(inParts, "no revision was sent in parts");
        assertTrue(oversized, "no watcher was ended by a revision too large for it");
    }

    private static boolean inParts(List<Client> clients) {
        return clients.stream()
                .flatMap(client -> client.sink.deliveries().stream())
                .anyMatch(delivery -> delivery instanceof Delivery.Events events && events.more());
    }

    private static boolean oversized(List<Client> clients) {
        return clients.stream()
                .flatMap(client -> client.sink.deliveries().stream())
                .anyMatch(Delivery.Oversized.class::isInstance);
    }

    /// The apply thread: chunks of a few revisions, now and then a compaction or a jump by snapshot.
    private static void apply(WatchHub hub, FakeStore store, Random random) {
        for (int step = 0; step < STEPS; step++) {
            if (step % 10 == 0) {
                // Lets the other threads run: else the whole history would be written before they begin.
                LockSupport.parkNanos(random.nextInt(500_000));
            }
            List<io.metastore.value.Event> chunk = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                chunk.addAll(change(store, random).events());
            }
            if (random.nextInt(100) == 0) {
                hub.resetTo(store.revision());
            } else {
                hub.publish(new Commit(chunk, store.revision()));
            }
            if (random.nextInt(150) == 0) {
                store.compact(store.revision() - random.nextInt(60));
            }
        }
    }

    private static Commit change(FakeStore store, Random random) {
        // Some revisions are larger than one watcher may be sent at once.
        FakeStore.Change[] changes = new FakeStore.Change[1 + random.nextInt(random.nextInt(20) == 0 ? 20 : 3)];
        for (int i = 0; i < changes.length; i++) {
            String key = "k" + random.nextInt(10);
            changes[i] = random.nextInt(4) == 0
                    ? FakeStore.Change.delete(key)
                    : FakeStore.Change.put(key, Bytes.wrap(new byte[random.nextInt(200)]));
        }
        return store.transaction(changes);
    }
}
