package io.metastore.watch;

import io.metastore.value.KeyRange;
import java.util.ArrayList;
import java.util.List;

/// Watchers that want the same events in the same form: same range, same filters, all or none with previous
/// versions. What is prepared for one of them serves all.
final class WatchGroup {
    private final KeyRange range;
    private final WatchSpec form;
    private final List<Watcher> watchers = new ArrayList<>(1);

    /// Events of the revision that is being spread.
    private List<WatchedEvent> pending = new ArrayList<>(1);

    private long pendingBytes;

    WatchGroup(WatchSpec form) {
        this.range = form.range();
        this.form = form;
    }

    KeyRange range() {
        return range;
    }

    int flavour() {
        return form.flavour();
    }

    WatchSpec form() {
        return form;
    }

    boolean isEmpty() {
        return watchers.isEmpty();
    }

    int size() {
        return watchers.size();
    }

    /// The order changes with [#remove]: the last one takes the place of the removed one. Walk from the end
    /// to remove on the way.
    Watcher get(int i) {
        return watchers.get(i);
    }

    void add(Watcher watcher) {
        watcher.group = this;
        watcher.slot = watchers.size();
        watchers.add(watcher);
    }

    void remove(Watcher watcher) {
        Watcher last = watchers.removeLast();
        if (last != watcher) {
            last.slot = watcher.slot;
            watchers.set(watcher.slot, last);
        }
        watcher.group = null;
    }

    /// Notes an event for the next batch; true for the first one.
    boolean note(WatchedEvent event) {
        pending.add(event);
        pendingBytes += event.bytes();
        return pending.size() == 1;
    }

    /// Bytes of the events noted for the next batch.
    long pendingBytes() {
        return pendingBytes;
    }

    EventBatch takeBatch() {
        EventBatch batch = new EventBatch(pending);
        pending = new ArrayList<>(1);
        pendingBytes = 0;
        return batch;
    }
}
