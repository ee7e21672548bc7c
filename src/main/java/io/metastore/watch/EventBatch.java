package io.metastore.watch;

import java.util.List;

/// The events of one response, shared by the watchers that get the same ones.
public final class EventBatch {
    private final List<WatchedEvent> events;
    private final long bytes;
    private volatile Object encoding;

    /// @param events at least one, in order; whole revisions
    public EventBatch(List<WatchedEvent> events) {
        this.events = events;
        long sum = 0;
        for (WatchedEvent event : events) {
            sum += event.bytes();
        }
        this.bytes = sum;
    }

    public List<WatchedEvent> events() {
        return events;
    }

    /// Memory that the batch holds, roughly.
    public long bytes() {
        return bytes;
    }

    /// Where the edge keeps the encoded response, so that many watchers share it; null before the first use.
    public Object encoding() {
        return encoding;
    }

    public void encoding(Object encoded) {
        encoding = encoded;
    }
}
