package io.metastore.watch;

/// One watcher of a stream.
///
/// It is either *synced*: in the index, owned by the live thread; or *lagging*: owned by the catch-up thread.
/// Ownership passes through the two threads' queues, and so do the fields that are not volatile.
final class Watcher {
    private final WatchSession session;
    private final WatchSpec spec;
    private final long id;

    /// The first revision whose events may still have to be put on the stream. For a synced watcher only a
    /// lower bound: everything up to the live thread's revision is done as well.
    long next;

    /// Of revision [#next], the changes that are on the stream already: the sub-revision to go on with. Other than 0
    /// only while the catch-up thread has the watcher, in the middle of a revision that is sent in parts.
    long nextSub;

    /// Its place in its owner's index.
    WatchGroup group;
    int slot;

    /// Whether the catch-up thread has it. Written and read by the live thread.
    boolean lagging;

    /// Whether an event was sent since the last periodic progress (WAT-29). Guarded by the outbox.
    boolean active;

    /// Set once, under the outbox's lock: nothing is sent for it afterwards.
    private volatile boolean closed;

    Watcher(WatchSession session, long id, WatchSpec spec, long next) {
        this.session = session;
        this.id = id;
        this.spec = spec;
        this.next = next;
    }

    WatchSession session() {
        return session;
    }

    WatchSpec spec() {
        return spec;
    }

    long id() {
        return id;
    }

    boolean isClosed() {
        return closed;
    }

    void close() {
        closed = true;
    }

    /// Whether it has everything up to `revision`, the live thread's, and nothing beyond, and does not start later
    /// (WAT-30, WAT-32). One that comes back from the catch-up thread may be ahead for a moment: progress at
    /// 5 must not follow event 8.
    boolean isCurrent(long revision) {
        return !closed && !lagging && spec.startRevision() <= revision && next <= revision + 1;
    }

    Delivery.Events delivery(EventBatch batch, long revision) {
        return new Delivery.Events(id, revision, spec.fragment(), false, batch);
    }

    /// A delivery whose last revision goes on in the next.
    Delivery.Events part(EventBatch batch, long revision) {
        return new Delivery.Events(id, revision, true, true, batch);
    }
}
