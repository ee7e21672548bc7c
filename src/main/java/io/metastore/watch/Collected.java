package io.metastore.watch;

import java.util.ArrayList;
import java.util.List;

/// Events of one watcher on the way to one response that may hold several revisions.
final class Collected {
    private final WatchLimits limits;
    private List<SharedEvent> events = new ArrayList<>();
    private long bytes;
    private int revisions;
    private long last;

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

    void add(SharedEvent event, long size) {
        long revision = event.event().revision().main();
        if (revision != last) {
            last = revision;
            revisions++;
        }
        events.add(event);
        bytes += size;
    }

    /// Makes the batch and starts anew.
    EventBatch take(WatchSpec spec, LazyHistory history) {
        List<WatchedEvent> forms = new ArrayList<>(events.size());
        for (SharedEvent event : events) {
            forms.add(event.form(spec.withPrevious(), history));
        }
        events = new ArrayList<>();
        bytes = 0;
        revisions = 0;
        last = 0;
        return new EventBatch(forms);
    }
}
