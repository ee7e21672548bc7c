package io.metastore.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.value.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Compares what one stream got with what happened: the naive oracle.
final class WatchHistoryCheck {
    private static final class Seen {
        final WatchSpec spec;
        final long from;
        final List<Event> events = new ArrayList<>();
        long lastRevision;
        boolean done;
        boolean more;
        long overtakenAt = -1;

        Seen(WatchSpec spec, long from) {
            this.spec = spec;
            this.from = from;
        }
    }

    private final FakeStore store;
    private final int batchRevisions;
    private final List<WatchSpec> created;
    private final List<Seen> watchers = new ArrayList<>();
    private final Map<Long, Seen> byId = new HashMap<>();
    private int answers;

    /// @param created what the stream asked for, in order; ids assigned by the hub
    WatchHistoryCheck(FakeStore store, int batchRevisions, List<WatchSpec> created) {
        this.store = store;
        this.batchRevisions = batchRevisions;
        this.created = created;
    }

    /// The watchers that are open at the end must have everything.
    void check(List<Delivery> deliveries) {
        deliveries.forEach(this::take);
        assertEquals(created.size(), answers, "answers to create");
        for (Seen seen : watchers) {
            List<Event> expected = expected(seen, Long.MAX_VALUE);
            if (!seen.done) {
                assertFalse(seen.more, "more was to follow");
                assertEquals(expected, seen.events, () -> "open watcher of " + seen.spec);
            } else {
                assertEquals(
                        expected.subList(0, Math.min(seen.events.size(), expected.size())),
                        seen.events,
                        () -> "closed watcher of " + seen.spec);
            }
            if (seen.overtakenAt >= 0) {
                boolean missed = seen.events.size() < expected.size() || seen.from < seen.overtakenAt;
                assertTrue(missed && seen.lastRevision < seen.overtakenAt, "overtaken without need");
            }
        }
    }

    /// Whether every open watcher has all events by now, for waiting.
    boolean isComplete(List<Delivery> deliveries) {
        WatchHistoryCheck again = new WatchHistoryCheck(store, batchRevisions, created);
        deliveries.forEach(again::take);
        return again.answers == created.size()
                && again.watchers.stream()
                        .allMatch(seen -> seen.done
                                || seen.events.size()
                                        >= expected(seen, Long.MAX_VALUE).size());
    }

    private void take(Delivery delivery) {
        switch (delivery) {
            case Delivery.Created answer -> {
                WatchSpec spec = created.get(answers++);
                Seen seen = new Seen(spec, spec.startRevision() == 0 ? answer.revision() + 1 : spec.startRevision());
                assertNull(byId.put(answer.watchId(), seen), "id in use");
                watchers.add(seen);
            }
            case Delivery.Refused _ -> answers++;
            case Delivery.Cancelled answer -> {
                Seen seen = byId.remove(answer.watchId());
                seen.done = true;
            }
            case Delivery.Revoked _ -> throw new AssertionError("nobody lost a permission");
            case Delivery.Oversized answer -> {
                Seen seen = byId.get(answer.watchId());
                assertFalse(seen.done);
                seen.done = true;
                assertFalse(seen.spec.fragment(), "one that takes fragments gets everything");
                assertTrue(answer.tooLarge() > seen.lastRevision, "told in part");
            }
            case Delivery.Overtaken answer -> {
                Seen seen = byId.get(answer.watchId());
                assertFalse(seen.done);
                seen.done = true;
                seen.overtakenAt = answer.compactRevision();
            }
            case Delivery.Progress progress -> progress(progress);
            case Delivery.Events events -> events(events);
        }
    }

    private void progress(Delivery.Progress progress) {
        if (progress.watchId() == Delivery.NO_WATCHER) {
            byId.values().forEach(seen -> hasAll(seen, progress.revision()));
        } else {
            hasAll(byId.get(progress.watchId()), progress.revision());
        }
    }

    private void hasAll(Seen seen, long revision) {
        assertFalse(seen.done, "progress for a closed watcher");
        assertTrue(seen.spec.startRevision() <= revision, "WAT-32");
        assertEquals(expected(seen, revision), seen.events, "WAT-31");
    }

    private void events(Delivery.Events delivery) {
        Seen seen = byId.get(delivery.watchId());
        assertFalse(seen.done, "event after the end");
        long before = seen.lastRevision;
        int revisions = 0;
        for (WatchedEvent watched : delivery.batch().events()) {
            Event event = watched.event();
            long least = seen.more ? before : before + 1;
            assertTrue(event.revision().main() >= least, "WAT-21: a revision in two responses");
            if (event.revision().main() != seen.lastRevision) {
                revisions++;
            }
            seen.lastRevision = event.revision().main();
            seen.events.add(event);
            assertTrue(seen.spec.withPrevious() || watched.previous() == null);
        }
        assertTrue(!delivery.more() || seen.spec.fragment(), "a part for one that takes no fragments");
        seen.more = delivery.more();
        assertTrue(revisions <= batchRevisions, "WAT-23");
        assertTrue(delivery.revision() >= seen.lastRevision, "WAT-24");
    }

    private List<Event> expected(Seen seen, long to) {
        return store.eventsFrom(seen.from).stream()
                .filter(event -> event.revision().main() <= to)
                .filter(event -> seen.spec.range().contains(event.key()) && seen.spec.accepts(event))
                .toList();
    }
}
