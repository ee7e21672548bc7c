package io.metastore.watch;

import io.metastore.mvcc.History;
import io.metastore.thread.Threads;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Tells watchers what happens to the store.
///
/// Three kinds of threads meet here. The apply thread hands commits over ([#publish]) and never waits. The
/// *live* thread owns the synced watchers: it takes commits and the streams' commands in one order, finds
/// who wants an event, and writes to the streams. The *catch-up* thread reads history for watchers that lag:
/// because they start in the past, because their client is slow, or because the hub fell behind. A slow
/// client costs at most [WatchLimits#streamBytes] and what its transport holds.
///
/// ```
/// apply ──publish──▶ Mailbox ──▶ LiveLoop ──▶ Outbox of each stream ──▶ Sink
/// streams ─commands─▶              │  ▲             ▲
///                             lag  ▼  │ rejoin      │
///                                CatchUp ───────────┘
/// ```
public final class WatchHub implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WatchHub.class.getName());

    private final History.Source source;
    private final WatchLimits limits;
    private final Consumer<Throwable> faults;
    private final WatchCounts counts = new WatchCounts();
    private final AtomicLong totalBytes = new AtomicLong();
    private final Mailbox mailbox;
    private final LiveLoop live;
    private final CatchUp catchUp;
    private final Set<WatchSession> sessions = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread liveThread;
    private final Thread catchUpThread;

    public WatchHub(History.Source source, WatchLimits limits) {
        this(source, limits, fault -> LOG.log(System.Logger.Level.ERROR, "watching has stopped", fault));
    }

    /// @param faults told when one of the hub's threads fails, by a bug or because history cannot be read; all
    ///     streams have been ended by then
    public WatchHub(History.Source source, WatchLimits limits, Consumer<Throwable> faults) {
        this.source = source;
        this.limits = limits;
        this.faults = faults;
        this.mailbox = new Mailbox(limits.queueBytes());
        ProgressClock clock = new ProgressClock();
        this.catchUp = new CatchUp(source, limits, counts, this::rejoin, this::retire, this::fault);
        LiveWatchers watchers = new LiveWatchers(source, limits, counts, catchUp, clock);
        this.live = new LiveLoop(mailbox, watchers, clock, this::fault);
        this.liveThread = Threads.unstarted("watch-live", live, (_, cause) -> fault(cause));
        this.catchUpThread = Threads.unstarted("watch-catch-up", catchUp, (_, cause) -> fault(cause));
    }

    /// Starts at the store's current revision. Call it before the first [#publish]; commits that the history
    /// held already may be published again.
    public void start() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("started before");
        }
        try (History history = source.open()) {
            mailbox.skip(history.revision());
        }
        liveThread.start();
        catchUpThread.start();
    }

    /// Hands over what an apply chunk did. Called by the apply thread, in order, after the view of the chunk
    /// was published and before the outcomes are given to the callers: so a client that has the answer to
    /// its write and then creates a watcher gets a later revision first. Does not wait and does no I/O.
    public void publish(Commit commit) {
        if (mailbox.publish(commit)) {
            counts.skips.increment();
        }
    }

    /// The store went to `revision` in one step, by a snapshot or by an entry too large to be handed over: watchers
    /// that may have missed something read history (WAT-40). Called by the apply thread, after the new state can be
    /// read.
    public void resetTo(long revision) {
        mailbox.skip(revision);
    }

    /// Permissions have changed: watchers whose clients may not see their keys any more are closed, before anything
    /// that
    /// is published later is spread. Called by the apply thread.
    public void permissionsChanged() {
        live.execute(() -> sessions.forEach(session -> live.watchers().recheck(session)));
    }

    /// Opens a stream. Whoever opens it calls [WatchSession#close] when its client is gone.
    public WatchSession open(Sink sink) {
        WatchSession session = new WatchSession(this, sink);
        mailbox.streamOpened();
        sessions.add(session);
        counts.streams.increment();
        if (closed.get()) {
            session.end(null);
        }
        return session;
    }

    /// Ends all streams and both threads.
    @Override
    public void close() {
        stop(null);
        if (started.get()) {
            join(liveThread);
            join(catchUpThread);
        }
    }

    public WatchCounts counts() {
        return counts;
    }

    public WatchLimits limits() {
        return limits;
    }

    /// Bytes that wait for clients in all streams together.
    AtomicLong totalBytes() {
        return totalBytes;
    }

    LiveLoop live() {
        return live;
    }

    CatchUp catchUp() {
        return catchUp;
    }

    void forget(WatchSession session) {
        if (sessions.remove(session)) {
            counts.streams.decrement();
            mailbox.streamClosed();
            live.execute(() -> live.watchers().close(session));
            catchUp.hasRoom(session);
        }
    }

    private void rejoin(Watcher watcher) {
        live.execute(() -> live.watchers().rejoin(watcher));
    }

    private void retire(Watcher watcher) {
        live.execute(() -> live.watchers().retire(watcher));
    }

    private void fault(Throwable cause) {
        stop(cause);
        faults.accept(cause);
    }

    private void stop(Throwable cause) {
        if (closed.compareAndSet(false, true)) {
            live.close();
            catchUp.close();
            sessions.forEach(session -> session.end(cause));
        }
    }

    private static void join(Thread thread) {
        if (thread == Thread.currentThread()) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
