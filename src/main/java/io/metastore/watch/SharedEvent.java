package io.metastore.watch;

import io.metastore.value.Event;

/// An event and the forms in which watchers want it, each made once.
final class SharedEvent {
    private final Event event;
    private WatchedEvent plain;
    private WatchedEvent withPrevious;

    SharedEvent(Event event) {
        this.event = event;
    }

    Event event() {
        return event;
    }

    /// @param history asked for the previous version when it is wanted and may exist; this may read from disk
    WatchedEvent form(boolean previous, LazyHistory history) {
        if (previous && WatchedEvent.mayHavePrevious(event)) {
            if (withPrevious == null) {
                withPrevious = new WatchedEvent(event, history.get().previous(event));
            }
            return withPrevious;
        }
        if (plain == null) {
            plain = new WatchedEvent(event, null);
        }
        return plain;
    }
}
