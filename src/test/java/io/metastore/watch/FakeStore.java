package io.metastore.watch;

import io.metastore.mvcc.History;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// A store in memory: one thread writes, any thread opens its history. What is written can be read at once
/// and is returned as a commit for the hub, as the apply thread does it.
public final class FakeStore implements History.Source {
    private record State(int events, long revision, long compacted) {}

    private final List<Event> log = new ArrayList<>();
    private final Map<Revision, KeyValue> previous = new ConcurrentHashMap<>();
    private final Map<Bytes, KeyValue> live = new HashMap<>();
    private final AtomicInteger opened = new AtomicInteger();
    private volatile State state = new State(0, 1, -1);

    /// Histories that are open now.
    public int openHistories() {
        return opened.get();
    }

    public long revision() {
        return state.revision;
    }

    public long compacted() {
        return state.compacted;
    }

    public Commit put(String key, String value) {
        return transaction(Change.put(key, Bytes.utf8(value)));
    }

    public Commit delete(String key) {
        return transaction(Change.delete(key));
    }

    /// One change of a transaction; a null value deletes.
    public record Change(Bytes key, Bytes value) {
        public static Change put(String key, Bytes value) {
            return new Change(Bytes.utf8(key), value);
        }

        public static Change delete(String key) {
            return new Change(Bytes.utf8(key), null);
        }
    }

    /// Makes all changes at one revision; deletes of missing keys change nothing.
    public synchronized Commit transaction(Change... changes) {
        long main = state.revision + 1;
        Map<Bytes, KeyValue> before = new HashMap<>();
        List<Event> events = new ArrayList<>();
        for (Change change : changes) {
            KeyValue old = live.get(change.key);
            if (change.value == null && old == null) {
                continue;
            }
            before.putIfAbsent(change.key, old == null ? NONE : old);
            Revision at = new Revision(main, events.size());
            Revision replaced = old == null ? null : new Revision(old.modRevision(), 0);
            Event event = event(change, old, at, replaced);
            KeyValue valid = before.get(change.key);
            if (valid.version() > 0 && WatchedEvent.mayHavePrevious(event)) {
                previous.put(at, valid);
            }
            events.add(event);
        }
        if (events.isEmpty()) {
            return new Commit(List.of(), state.revision);
        }
        synchronized (log) {
            log.addAll(events);
        }
        state = new State(log.size(), main, state.compacted);
        return new Commit(List.copyOf(events), main);
    }

    private static final KeyValue NONE = new KeyValue(Bytes.EMPTY, Bytes.EMPTY, 0, 0, 0, 0);

    private Event event(Change change, KeyValue old, Revision at, Revision replaced) {
        if (change.value == null) {
            live.remove(change.key);
            return new Event.Delete(at, replaced, change.key);
        }
        long created = old == null ? at.main() : old.createRevision();
        long version = old == null ? 1 : old.version() + 1;
        KeyValue pair = new KeyValue(change.key, change.value, created, at.main(), version, 0);
        live.put(change.key, pair);
        return new Event.Put(at, replaced, pair);
    }

    public synchronized void compact(long revision) {
        state = new State(state.events, state.revision, Math.max(revision, state.compacted));
    }

    /// What happened from revision `from` on, by the book.
    public List<Event> eventsFrom(long from) {
        synchronized (log) {
            return log.stream().filter(event -> event.revision().main() >= from).toList();
        }
    }

    @Override
    public History open() {
        State seen = state;
        opened.incrementAndGet();
        return new History() {
            private boolean closed;

            @Override
            public long revision() {
                return seen.revision;
            }

            @Override
            public long compactedRevision() {
                return seen.compacted;
            }

            @Override
            public void scan(Revision from, long to, Predicate<Event> visitor) {
                if (closed || from.main() < seen.compacted) {
                    throw new IllegalStateException("scan from " + from + ", compacted " + seen.compacted);
                }
                for (int i = first(from, seen.events); i < seen.events; i++) {
                    Event event = at(i);
                    if (event.revision().main() > to || !visitor.test(event)) {
                        return;
                    }
                }
            }

            @Override
            public KeyValue previous(Event event) {
                if (closed) {
                    throw new IllegalStateException("closed");
                }
                return event.revision().main() - 1 < seen.compacted ? null : previous.get(event.revision());
            }

            @Override
            public void close() {
                if (!closed) {
                    closed = true;
                    opened.decrementAndGet();
                }
            }
        };
    }

    private Event at(int index) {
        synchronized (log) {
            return log.get(index);
        }
    }

    private int first(Revision from, int end) {
        int low = 0;
        int high = end;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (at(middle).revision().compareTo(from) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
