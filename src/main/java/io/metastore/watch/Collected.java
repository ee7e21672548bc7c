package io.metastore.watch;

import java.util.ArrayList;
import java.util.List;

/// Events of one watcher on the way to one response that may hold several revisions.
final class Collected {
    private final WatchLimits limits;
    private List<WatchedEvent> events = new ArrayList<>();
    private long bytes;
    private int revisions;
    private long last;

    /// Of the revision that is being added: where it begins in [#events], and its bytes.
    private int lastFrom;

    private long lastBytes;

    Collected(WatchLimits limits) {
        this.limits = limits;
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    /// Whether no further revision fits (WAT-23); the revision that is being added goes in whole (WAT-21).
    boolean isFull() {
        return revisions >= limits.batchRevisions() || bytes >= limits.batchBytes();
    }

    /// The revision of the event added last, 0 before the first.
    long last() {
        return last;
    }

    void add(WatchedEvent event) {
        long revision = event.event().revision().main();
        if (revision != last) {
            last = revision;
            revisions++;
            lastFrom = events.size();
            lastBytes = 0;
        }
        events.add(event);
        bytes += event.bytes();
        lastBytes += event.bytes();
    }

    /// Whether `revision` is the one that is being added and has become too large to be sent at once, or, to a client
    /// that takes `fragments`, larger than a part needs to be.
    boolean isOversized(long revision, boolean fragments) {
        long most = fragments ? Math.min(limits.batchBytes(), limits.revisionBytes()) : limits.revisionBytes();
        return revision == last && lastBytes > most;
    }

    /// Forgets the events of the revision that was added last.
    void dropLast() {
        events.subList(lastFrom, events.size()).clear();
        bytes -= lastBytes;
    }

    /// Makes the batch and starts anew.
    EventBatch take() {
        EventBatch batch = new EventBatch(events);
        events = new ArrayList<>();
        bytes = 0;
        revisions = 0;
        last = 0;
        lastFrom = 0;
        lastBytes = 0;
        return batch;
    }
}
