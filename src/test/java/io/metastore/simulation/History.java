package io.metastore.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.value.Event;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What a cluster has agreed on, against which calls are checked. The revisions say in which order: so that it was a
/// linearizable store takes no search.
public final class History {
    private final List<Event.Put> puts;
    /// By value, each of which is put at most once.
    private final Map<String, Event.Put> byValue = new HashMap<>();

    History(List<Event.Put> puts) {
        this.puts = puts;
        for (Event.Put put : puts) {
            Event.Put before = byValue.put(value(put), put);
            if (before != null) {
                throw new AssertionError(
                        value(put) + " was put twice, at " + before.revision() + " and " + put.revision());
            }
        }
    }

    private static String value(Event.Put put) {
        return new String(put.keyValue().value().array());
    }

    void assertSame(long member, List<Event.Put> others) {
        for (int i = 0; i < Math.min(puts.size(), others.size()); i++) {
            assertEquals(puts.get(i), others.get(i), "put " + i + " of member " + member);
        }
        assertEquals(puts.size(), others.size(), "puts of member " + member);
    }

    /// Whether a value was put, and stays so.
    public boolean has(String value) {
        return byValue.containsKey(value);
    }

    /// Puts that were agreed.
    public int size() {
        return puts.size();
    }

    /// Checks all calls, and throws with those that contradict each other.
    public void check(List<Call> calls) {
        List<Placed> placed = new ArrayList<>();
        for (Call call : calls) {
            switch (call) {
                case Call.Put put -> place(put, placed);
                case Call.Read read -> {
                    checkValue(read);
                    placed.add(new Placed(
                            read, read.began(), read.ended(), read.seen().revision(), false));
                }
            }
        }
        checkOrder(placed);
    }

    /// Where a call stands in the order of revisions.
    private record Placed(Call call, long began, long ended, long revision, boolean isPut) {}

    private void place(Call.Put put, List<Placed> placed) {
        Event.Put agreed = byValue.get(put.value());
        switch (put.end()) {
            case DONE -> {
                if (agreed == null || agreed.revision().main() != put.revision()) {
                    throw new AssertionError(put + " was acknowledged, but the history has " + agreed);
                }
                placed.add(new Placed(put, put.began(), put.ended(), put.revision(), true));
            }
            case REFUSED -> {
                if (agreed != null) {
                    throw new AssertionError(put + " was refused for certain, but the history has " + agreed);
                }
            }
            case UNKNOWN -> {
                if (agreed != null) {
                    placed.add(new Placed(
                            put, put.began(), Long.MAX_VALUE, agreed.revision().main(), true));
                }
            }
        }
    }

    private void checkValue(Call.Read read) {
        Event.Put newest = null;
        for (Event.Put put : puts) {
            if (put.revision().main() > read.seen().revision()) {
                break;
            }
            newest = new String(put.key().array()).equals(read.key()) ? put : newest;
        }
        long modified = newest == null ? 0 : newest.revision().main();
        String value = newest == null ? "" : value(newest);
        if (modified != read.seen().modified() || !value.equals(read.seen().value())) {
            throw new AssertionError(read + " does not fit the history, which has " + newest);
        }
    }

    /// What has ended before another begins comes before it.
    private static void checkOrder(List<Placed> placed) {
        List<Placed> byEnd = new ArrayList<>(placed);
        byEnd.sort(Comparator.comparingLong(Placed::ended));
        List<Placed> byBegin = new ArrayList<>(placed);
        byBegin.sort(Comparator.comparingLong(Placed::began));
        int ended = 0;
        Placed furthest = null;
        for (Placed next : byBegin) {
            for (; byEnd.get(ended).ended() < next.began(); ended++) {
                Placed before = byEnd.get(ended);
                furthest = furthest == null || before.revision() > furthest.revision() ? before : furthest;
            }
            if (furthest != null
                    && (next.isPut()
                            ? next.revision() <= furthest.revision()
                            : next.revision() < furthest.revision())) {
                throw new AssertionError(next + " began after this had ended: " + furthest);
            }
        }
    }
}
