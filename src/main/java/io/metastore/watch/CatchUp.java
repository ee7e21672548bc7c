package io.metastore.watch;

import io.metastore.mvcc.History;
import io.metastore.value.Revision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// The catch-up thread: reads history for lagging watchers, in turns of bounded size.
///
/// A turn serves the watcher that waited longest, together with all that stand a little further on: they
/// share one scan of history. Watchers of a stream whose client does not read are set aside and cost nothing
/// until there is room again.
final class CatchUp implements Runnable {
    private final History.Source source;
    private final WatchLimits limits;
    private final WatchCounts counts;
    private final Consumer<Watcher> rejoin;
    private final Consumer<Watcher> retire;
    private final Consumer<Throwable> faults;
    private final AtomicBoolean closed = new AtomicBoolean();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final List<Watcher> arrived = new ArrayList<>();
    private final Set<WatchSession> changed = new HashSet<>();

    // From here on: the catch-up thread's.
    private final ArrayDeque<Watcher> waiting = new ArrayDeque<>();
    private final Map<WatchSession, List<Watcher>> aside = new HashMap<>();

    /// @param rejoin takes a watcher that has everything up to its `next`
    /// @param retire takes a watcher that was overtaken by a compaction or met a revision too large for it
    CatchUp(
            History.Source source,
            WatchLimits limits,
            WatchCounts counts,
            Consumer<Watcher> rejoin,
            Consumer<Watcher> retire,
            Consumer<Throwable> faults) {
        this.source = source;
        this.limits = limits;
        this.counts = counts;
        this.rejoin = rejoin;
        this.retire = retire;
        this.faults = faults;
    }

    /// Takes a watcher over: everything below its `next` is on the stream.
    void add(Watcher watcher) {
        lock.lock();
        try {
            arrived.add(watcher);
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    /// A stream has room again, or is closed.
    void hasRoom(WatchSession session) {
        lock.lock();
        try {
            changed.add(session);
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed.set(true);
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void run() {
        try {
            while (awaitWork()) {
                try (History history = source.open()) {
                    turn(history);
                }
            }
        } catch (InterruptedException e) {
            if (!closed.get()) {
                faults.accept(e);
            }
        } catch (RuntimeException | Error e) {
            faults.accept(e);
        }
    }

    private boolean awaitWork() throws InterruptedException {
        List<Watcher> added;
        Set<WatchSession> woken;
        lock.lock();
        try {
            while (waiting.isEmpty() && arrived.isEmpty() && changed.isEmpty() && !closed.get()) {
                filled.await();
            }
            added = List.copyOf(arrived);
            woken = Set.copyOf(changed);
            arrived.clear();
            changed.clear();
        } finally {
            lock.unlock();
        }
        waiting.addAll(added);
        for (WatchSession session : woken) {
            List<Watcher> back = aside.remove(session);
            if (back != null) {
                waiting.addAll(back);
            }
        }
        return !closed.get();
    }

    private void turn(History history) {
        CatchUpScan scan = choose(history);
        if (scan == null) {
            return;
        }
        counts.scans.increment();
        scan.run();
        counts.scannedEvents.add(scan.examined());
        for (CatchUpScan.Member member : scan.members()) {
            if (!scan.deliver(member)) {
                continue;
            }
            Watcher watcher = member.watcher();
            if (scan.tooLarge(member) != 0) {
                watcher.session().outbox().oversized(watcher, history.revision(), scan.tooLarge(member));
                retire.accept(watcher);
                continue;
            }
            if (watcher.next > history.revision()) {
                rejoin.accept(watcher);
            } else {
                waiting.add(watcher);
            }
        }
    }

    /// Picks the watchers of the next scan; null when nobody can be served now.
    private CatchUpScan choose(History history) {
        Map<WatchSession, CatchUpScan.Allowance> rooms = new HashMap<>();
        CatchUpScan scan = null;
        for (Iterator<Watcher> all = waiting.iterator(); all.hasNext(); ) {
            Watcher watcher = all.next();
            WatchSession session = watcher.session();
            if (watcher.isClosed() || session.outbox().isClosed()) {
                all.remove();
                continue;
            }
            CatchUpScan.Allowance room = rooms.computeIfAbsent(session, this::room);
            if (room.isClosed()) {
                all.remove();
                aside.computeIfAbsent(session, _ -> new ArrayList<>(1)).add(watcher);
            } else if (watcher.next < history.compactedRevision()) {
                all.remove();
                session.outbox().overtaken(watcher, history.compactedRevision());
                retire.accept(watcher);
            } else if (watcher.next > history.revision()) {
                all.remove();
                rejoin.accept(watcher);
            } else if (scan == null) {
                all.remove();
                scan = new CatchUpScan(history, limits, new Revision(watcher.next, watcher.nextSub));
                scan.add(watcher, room);
            } else if (scan.isNear(watcher)) {
                all.remove();
                scan.add(watcher, room);
            }
        }
        return scan;
    }

    private CatchUpScan.Allowance room(WatchSession session) {
        return new CatchUpScan.Allowance(session.outbox().hasRoom() ? limits.streamBytes() : 0);
    }
}
