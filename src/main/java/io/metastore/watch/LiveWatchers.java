package io.metastore.watch;

import io.metastore.mvcc.History;
import io.metastore.value.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The synced watchers, and how far they are. Everything here happens on the live thread, so that a commit
/// and a new watcher come one after the other and never at once: a watcher that is created at revision R
/// gets R+1 first (WAT-02, WAT-08).
///
/// ## How a lagging watcher comes back
///
/// The catch-up thread reads a state of the store that ends at H and puts everything up to H on the stream.
/// Then it hands the watcher over with `next` = H+1. Meanwhile the live thread has gone on to R:
///
/// - R < H+1: the view of a commit is published before the commit is. The watcher goes into the index, and
///   revisions below `next` are left out for it: they are on the stream already.
/// - R >= H+1: the revisions from H+1 to R went by without the watcher. They are served from [Recent], then the
///   watcher goes into the index. If `Recent` does not reach back so far, the catch-up thread has another,
///   shorter turn.
///
/// Example: the live thread is at 100 when a watcher from revision 40 is created. The catch-up thread opens
/// the store at 103 (101 to 103 are published but still in the mailbox), sends 40 to 103 and hands over
/// `next` = 104. If the live thread took the hand-over at 102, it would leave 103 out for this watcher and
/// go on with 104. In fact it is at 107 by then, so it sends 104 to 107 from `Recent`, and 108 is the first
/// event that comes the ordinary way. Nothing was sent twice, nothing left out, and nobody had to wait.
final class LiveWatchers {
    private final History.Source source;
    private final WatchLimits limits;
    private final WatchCounts counts;
    private final CatchUp catchUp;
    private final ProgressClock clock;
    private final WatcherIndex index = new WatcherIndex();
    private final Recent recent;
    private final List<WatchGroup> touched = new ArrayList<>();

    /// Every event up to here was offered to the synced watchers.
    private long revision;

    LiveWatchers(History.Source source, WatchLimits limits, WatchCounts counts, CatchUp catchUp, ProgressClock clock) {
        this.source = source;
        this.limits = limits;
        this.counts = counts;
        this.catchUp = catchUp;
        this.clock = clock;
        this.recent = new Recent(limits.recentBytes(), limits.recentEvents());
    }

    long revision() {
        return revision;
    }

    /// Spreads the events of a commit, revision by revision. Revisions that are known already are left out.
    void publish(Commit commit, long bytes) {
        List<Event> events = commit.events();
        try (LazyHistory history = new LazyHistory(source)) {
            int i = 0;
            while (i < events.size()) {
                long main = events.get(i).revision().main();
                boolean isNew = main > revision;
                for (; i < events.size() && events.get(i).revision().main() == main; i++) {
                    if (isNew && !index.isEmpty()) {
                        note(new SharedEvent(events.get(i)), history);
                    }
                }
                if (isNew) {
                    spread(main);
                    revision = main;
                }
            }
        }
        recent.add(commit, bytes);
        revision = Math.max(revision, commit.revision());
    }

    /// Goes to `target` without its events: every watcher that may have missed one reads history (WAT-40). A
    /// watcher that starts later stays as it is (WAT-41).
    void skip(long target) {
        if (target <= revision) {
            return;
        }
        for (Watcher watcher : index.watchers()) {
            if (watcher.next <= target) {
                watcher.next = Math.max(watcher.next, revision + 1);
                lag(watcher);
            }
        }
        revision = target;
        recent.restart(target + 1);
    }

    void create(WatchSession session, WatchSpec spec) {
        if (session.outbox().isClosed()) {
            return;
        }
        Delivery.Refusal refusal = refusal(session, spec);
        if (refusal != null) {
            session.outbox().answer(new Delivery.Refused(revision, refusal));
            return;
        }
        long id = spec.id() == WatchSpec.ASSIGN_ID ? session.assignId() : spec.id();
        long next = spec.startRevision() == 0 ? revision + 1 : spec.startRevision();
        Watcher watcher = new Watcher(session, id, spec, next);
        session.add(watcher);
        counts.watchers.increment();
        if (spec.progressNotify()) {
            clock.add(session);
        }
        session.outbox().answer(new Delivery.Created(id, revision));
        if (next <= revision && isCompacted(next)) {
            // The catch-up thread finds that out as well and says so.
            lag(watcher);
        } else {
            join(watcher);
        }
    }

    void cancel(WatchSession session, long watchId) {
        Watcher watcher = session.remove(watchId);
        if (watcher != null) {
            watcher.close();
            // Before the answer: who has it finds the watcher counted no more.
            drop(watcher);
            session.outbox().cancelled(watcher, revision);
        }
    }

    /// Closes the watchers of a stream whose client may not see their keys any more. Their ids stay taken, as those of
    /// watchers that were overtaken do.
    void recheck(WatchSession session) {
        for (Watcher watcher : session.watchers()) {
            if (watcher.isClosed()) {
                continue;
            }
            session.outbox().sink().revocation(watcher.spec().range()).ifPresent(reason -> {
                session.outbox().revoked(watcher, revision, reason);
                if (watcher.lagging) {
                    caughtUp(watcher);
                } else if (watcher.group != null) {
                    index.remove(watcher);
                }
            });
        }
    }

    void progress(WatchSession session) {
        if (session.watchers().isEmpty()) {
            return;
        }
        for (Watcher watcher : session.watchers()) {
            if (!watcher.isCurrent(revision)) {
                return;
            }
        }
        session.outbox().progress(revision);
    }

    void periodicProgress(WatchSession session) {
        for (Watcher watcher : session.watchers()) {
            if (watcher.spec().progressNotify() && watcher.isCurrent(revision)) {
                session.outbox().periodicProgress(watcher, revision);
            }
        }
    }

    void close(WatchSession session) {
        for (Watcher watcher : session.watchers()) {
            watcher.close();
            drop(watcher);
        }
        session.watchers().clear();
        clock.remove(session);
    }

    /// The catch-up thread is done with a watcher: everything below its `next` is on the stream.
    void rejoin(Watcher watcher) {
        if (watcher.isClosed() || !watcher.lagging) {
            return;
        }
        caughtUp(watcher);
        join(watcher);
    }

    /// The catch-up thread closed a watcher.
    void retire(Watcher watcher) {
        if (watcher.lagging) {
            caughtUp(watcher);
        }
    }

    /// In the order in which etcd looks at a request that is wrong in several ways.
    private static Delivery.Refusal refusal(WatchSession session, WatchSpec spec) {
        if (spec.startRevision() < 0) {
            return Delivery.Refusal.COMPACTED;
        }
        Optional<Delivery.Refusal> refused = session.outbox().sink().refusal(spec.range());
        if (refused.isPresent()) {
            return refused.get();
        }
        if (spec.range().isEmpty()) {
            return Delivery.Refusal.EMPTY_RANGE;
        }
        if (session.watchers().size() >= session.streamWatchers()) {
            return Delivery.Refusal.TOO_MANY;
        }
        boolean wanted = spec.id() != WatchSpec.ASSIGN_ID;
        return wanted && session.isTaken(spec.id()) ? Delivery.Refusal.DUPLICATE_ID : null;
    }

    private boolean isCompacted(long next) {
        try (History history = source.open()) {
            return next < history.compactedRevision();
        }
    }

    private void note(SharedEvent shared, LazyHistory history) {
        index.visit(shared.event().key(), group -> {
            WatchSpec form = group.form();
            // With the versions that it replaced a revision may be of any size: what lies beyond the limit is not
            // even looked up.
            if (form.accepts(shared.event())
                    && group.pendingBytes() <= limits.revisionBytes()
                    && group.note(shared.form(form.withPrevious(), history))) {
                touched.add(group);
            }
        });
    }

    private void spread(long main) {
        for (WatchGroup group : touched) {
            boolean oversized = group.pendingBytes() > limits.revisionBytes();
            EventBatch batch = group.takeBatch();
            for (int i = group.size() - 1; i >= 0; i--) {
                Watcher watcher = group.get(i);
                if (main < watcher.next) {
                    continue;
                }
                if (oversized) {
                    lag(watcher, main);
                } else {
                    offer(watcher, batch, main);
                }
            }
        }
        touched.clear();
    }

    private void offer(Watcher watcher, EventBatch batch, long main) {
        Outbox.Offer offer = watcher.session().outbox().offer(watcher, watcher.delivery(batch, main), false);
        if (offer == Outbox.Offer.FULL) {
            lag(watcher, main);
        }
    }

    /// The watcher goes on with revision `next` from history.
    private void lag(Watcher watcher, long next) {
        watcher.next = next;
        lag(watcher);
    }

    private void join(Watcher watcher) {
        if (watcher.next > revision) {
            index.add(watcher);
        } else if (recent.covers(watcher.next) && replay(watcher)) {
            watcher.next = revision + 1;
            index.add(watcher);
        } else {
            lag(watcher);
        }
    }

    /// Serves a watcher from the recent events; false when there was no room, `next` says where it stopped.
    private boolean replay(Watcher watcher) {
        Collected collected = new Collected(limits);
        List<SharedEvent> wanted = new ArrayList<>();
        recent.visit(watcher.next, event -> {
            if (watcher.spec().range().contains(event.key()) && watcher.spec().accepts(event)) {
                wanted.add(new SharedEvent(event));
            }
        });
        try (LazyHistory history = new LazyHistory(source)) {
            for (SharedEvent event : wanted) {
                long main = event.event().revision().main();
                if (main != collected.last() && collected.isFull()) {
                    if (!replay(watcher, collected)) {
                        return false;
                    }
                    watcher.next = main;
                }
                if (collected.isOversized(main, watcher.spec().fragment())) {
                    // The catch-up thread has a way to deal with that. What is dropped it reads again.
                    return false;
                }
                collected.add(event.form(watcher.spec().withPrevious(), history));
            }
            return collected.isEmpty() || replay(watcher, collected);
        }
    }

    private boolean replay(Watcher watcher, Collected collected) {
        EventBatch batch = collected.take();
        Outbox outbox = watcher.session().outbox();
        return outbox.offer(watcher, watcher.delivery(batch, revision), false) != Outbox.Offer.FULL;
    }

    private void lag(Watcher watcher) {
        if (watcher.group != null) {
            index.remove(watcher);
        }
        watcher.lagging = true;
        counts.slowWatchers.increment();
        catchUp.add(watcher);
    }

    private void caughtUp(Watcher watcher) {
        watcher.lagging = false;
        counts.slowWatchers.decrement();
    }

    private void drop(Watcher watcher) {
        counts.watchers.decrement();
        if (watcher.lagging) {
            // The place in an index is the catch-up thread's; it finds the watcher closed.
            caughtUp(watcher);
        } else if (watcher.group != null) {
            index.remove(watcher);
        }
    }
}
