package io.metastore.watch;

import io.metastore.value.Event;
import io.metastore.value.KeyRange;

/// What a client asks a watcher to do.
///
/// @param id             the wanted id, [#ASSIGN_ID] to have one assigned (WAT-04)
/// @param range          keys to watch
/// @param startRevision  first revision wanted, 0 for "from now on" (WAT-08)
/// @param withPrevious   whether events carry the version they replaced (WAT-17)
/// @param dropPuts       filter NOPUT (WAT-19)
/// @param dropDeletes    filter NODELETE
/// @param progressNotify whether periodic progress messages are wanted (WAT-29)
/// @param fragment       whether large responses may be split (WAT-25)
public record WatchSpec(
        long id,
        KeyRange range,
        long startRevision,
        boolean withPrevious,
        boolean dropPuts,
        boolean dropDeletes,
        boolean progressNotify,
        boolean fragment) {

    public static final long ASSIGN_ID = 0;

    public static WatchSpec of(KeyRange range, long startRevision) {
        return new WatchSpec(ASSIGN_ID, range, startRevision, false, false, false, false, false);
    }

    /// Whether an event of a key inside the range passes the filters.
    boolean accepts(Event event) {
        return switch (event) {
            case Event.Put _ -> !dropPuts;
            case Event.Delete _ -> !dropDeletes;
        };
    }

    /// Watchers of one flavour and range get the same events in the same form.
    int flavour() {
        return (withPrevious ? 1 : 0) | (dropPuts ? 2 : 0) | (dropDeletes ? 4 : 0);
    }
}
