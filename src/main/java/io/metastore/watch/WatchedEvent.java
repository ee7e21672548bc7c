package io.metastore.watch;

import io.metastore.value.Event;
import io.metastore.value.KeyValue;

/// An event on its way to clients. One instance is shared by all watchers that want it in this form.
public final class WatchedEvent {
    /// What an event costs besides its keys and values, roughly.
    private static final int OVERHEAD = 64;

    private final Event event;
    private final KeyValue previous;
    private volatile Object encoding;

    /// @param previous the version to send along, or null for none
    public WatchedEvent(Event event, KeyValue previous) {
        this.event = event;
        this.previous = previous;
    }

    public Event event() {
        return event;
    }

    public KeyValue previous() {
        return previous;
    }

    /// Where the edge keeps the event's encoded form, so that many watchers share it; null before the first
    /// use.
    public Object encoding() {
        return encoding;
    }

    public void encoding(Object encoded) {
        encoding = encoded;
    }

    long bytes() {
        return size(event) + (previous == null ? 0 : size(previous));
    }

    static long size(Event event) {
        return switch (event) {
            case Event.Put put -> OVERHEAD + size(put.keyValue());
            case Event.Delete delete -> OVERHEAD + delete.key().length();
        };
    }

    private static long size(KeyValue pair) {
        return (long) pair.key().length() + pair.value().length();
    }

    /// Whether a version of the key from before the event's revision can exist: not for a created key (WAT-17).
    static boolean mayHavePrevious(Event event) {
        return switch (event) {
            case Event.Put put -> !put.isCreate();
            case Event.Delete _ -> true;
        };
    }
}
