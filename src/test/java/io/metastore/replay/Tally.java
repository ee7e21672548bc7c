package io.metastore.replay;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/// What was played, for the summary. Histories that run at the same time share one.
final class Tally {
    private final Map<String, Long> played = new TreeMap<>();
    private final Map<String, Long> refused = new TreeMap<>();
    private final Map<String, Long> avoided = new TreeMap<>();
    private final LongAdder events = new LongAdder();

    synchronized void played(String kind) {
        played.merge(kind, 1L, Long::sum);
    }

    synchronized void refused(String error) {
        refused.merge(error, 1L, Long::sum);
    }

    synchronized void avoided(String what) {
        avoided.merge(what, 1L, Long::sum);
    }

    void events(Map<Long, List<Object>> told) {
        told.values().forEach(sequence -> events.add(sequence.size()));
    }

    synchronized long commands() {
        return played.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public synchronized String toString() {
        StringBuilder text = new StringBuilder("commands by kind:\n");
        lines(text, played);
        text.append("refused alike on both:\n");
        lines(text, refused);
        text.append("avoided or done on top:\n");
        lines(text, avoided);
        return text.append("events that watchers were told on each: ")
                .append(events)
                .append('\n')
                .toString();
    }

    private static void lines(StringBuilder text, Map<String, Long> counts) {
        counts.forEach((what, count) -> text.append(String.format("  %8d  %s%n", count, what)));
    }
}
