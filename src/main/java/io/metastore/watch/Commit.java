package io.metastore.watch;

import io.metastore.value.Event;
import java.util.List;
import java.util.Objects;

/// What one apply chunk did to the store.
///
/// @param events   in order of revision, main and sub; several main revisions, each one whole
/// @param revision main revision of the store after the chunk, at least that of the last event
public record Commit(List<Event> events, long revision) {
    public Commit {
        Objects.requireNonNull(events, "events");
    }
}
