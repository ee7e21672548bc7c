package io.metastore.watch;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/// One client stream: its watchers, and the commands that it sends.
///
/// Commands are done by the hub's live thread in the order in which they come, each one followed by
/// [Sink#demand]. Call them from one thread at a time; [#ready] and [#close] from any.
public final class WatchSession {
    private final WatchHub hub;
    private final Outbox outbox;
    private final AtomicBoolean closed = new AtomicBoolean();

    /// Between two periodic progress messages, with a jitter of up to 10 % chosen once (WAT-29).
    private final long progressNanos;

    // From here on: the live thread's.
    private final Map<Long, Watcher> watchers = new HashMap<>(2);
    private long nextId;

    /// Whether some watcher wanted periodic progress, and when it is due next.
    boolean progressRuns;
    long progressDue;

    WatchSession(WatchHub hub, Sink sink) {
        this.hub = hub;
        this.outbox = new Outbox(sink, hub.limits(), hub.totalBytes(), hub.counts(), _ -> close());
        long interval = hub.limits().progressInterval().toNanos();
        this.progressNanos = interval + ThreadLocalRandom.current().nextLong(interval / 10 + 1);
    }

    /// Asks for a watcher. Answered by [Delivery.Created], or by [Delivery.Refused] when there is none.
    public void create(WatchSpec spec) {
        hub.live().execute(() -> {
            hub.live().watchers().create(this, spec);
            outbox.handled();
        });
    }

    /// Gives a watcher up. Answered by [Delivery.Cancelled] when there is one with this id, else not at all
    /// (WAT-14).
    public void cancel(long watchId) {
        hub.live().execute(() -> {
            hub.live().watchers().cancel(this, watchId);
            outbox.handled();
        });
    }

    /// Asks how far the stream is (WAT-30). Answered by [Delivery.Progress] when all watchers are synced,
    /// else not at all.
    public void requestProgress() {
        hub.live().execute(() -> {
            hub.live().watchers().progress(this);
            outbox.handled();
        });
    }

    /// The transport takes responses again.
    public void ready() {
        if (outbox.drain()) {
            hub.catchUp().hasRoom(this);
        }
    }

    /// The client is gone. May be called more than once.
    public void close() {
        if (closed.compareAndSet(false, true)) {
            outbox.close();
            hub.forget(this);
        }
    }

    /// The hub gives the stream up.
    void end(Throwable cause) {
        outbox.end(cause);
        close();
    }

    Outbox outbox() {
        return outbox;
    }

    long progressNanos() {
        return progressNanos;
    }

    /// How many watchers the stream may have at once. One that was overtaken or revoked counts, like its id, until it
    /// is
    /// cancelled.
    int streamWatchers() {
        return hub.limits().streamWatchers();
    }

    /// Whether a watcher has the id. It stays taken until the client cancels the watcher, also when a
    /// compaction closed it (WAT-05, WAT-13).
    boolean isTaken(long watchId) {
        return watchers.containsKey(watchId);
    }

    /// The next id to assign: from 0 on, without those taken (WAT-04).
    long assignId() {
        while (watchers.containsKey(nextId)) {
            nextId++;
        }
        return nextId++;
    }

    void add(Watcher watcher) {
        watchers.put(watcher.id(), watcher);
    }

    /// Frees the id; null when there is no such watcher.
    Watcher remove(long watchId) {
        return watchers.remove(watchId);
    }

    Collection<Watcher> watchers() {
        return watchers.values();
    }
}
