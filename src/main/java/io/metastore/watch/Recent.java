package io.metastore.watch;

import io.metastore.value.Event;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/// The events that were spread last, without a gap up to the live thread's revision: a watcher that starts
/// among them, or comes back from the catch-up thread a little late, is served from here.
final class Recent {
    private record Entry(Commit commit, long bytes) {}

    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private final long maxBytes;
    private final int maxEvents;
    private long bytes;
    private int events;
    private long first;

    Recent(long maxBytes, int maxEvents) {
        this.maxBytes = maxBytes;
        this.maxEvents = maxEvents;
    }

    /// Whether every event from revision `from` on is here.
    boolean covers(long from) {
        return from >= first;
    }

    /// Forgets all; the next commit starts at `revision`.
    void restart(long revision) {
        entries.clear();
        bytes = 0;
        events = 0;
        first = revision;
    }

    void add(Commit commit, long size) {
        entries.add(new Entry(commit, size));
        bytes += size;
        events += commit.events().size();
        while (bytes > maxBytes || events > maxEvents) {
            Entry oldest = entries.poll();
            bytes -= oldest.bytes;
            events -= oldest.commit.events().size();
            // A commit from before the last restart may have been added: it does not move the start back.
            first = Math.max(first, oldest.commit.revision() + 1);
        }
    }

    void visit(long from, Consumer<Event> visitor) {
        for (Entry entry : entries) {
            if (entry.commit.revision() >= from) {
                for (Event event : entry.commit.events()) {
                    if (event.revision().main() >= from) {
                        visitor.accept(event);
                    }
                }
            }
        }
    }
}
