package io.metastore.service;

import io.metastore.lease.Lease;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/// When leases run out: a priority queue by deadline. Renewing moves no entry: the deadline is put off where
/// it is kept, and the queue notices when the old one comes up. So a keep-alive is O(1), granting and running
/// out O(log n).
///
/// Nothing is armed while this member does not lead (LEA-22). Times are in nanoseconds of a clock given from
/// outside.
final class LeaseDeadlines {
    private static final class Deadline {
        private final Lease lease;
        private long nanos;
        /// Where the queue has it, at or before [#nanos].
        private long queuedNanos;
        private boolean expired;
        /// Whether the lease is gone, and the queue still has this.
        private boolean dead;
        private List<Expiry> waiting = List.of();

        private Deadline(Lease lease, long nanos) {
            this.lease = lease;
            this.nanos = nanos;
            this.queuedNanos = nanos;
        }
    }

    private static final int SWEPT_FROM = 1_000;
    /// Leases from which on a new leader spreads them (LEA-24), so that those granted by the last one do not all run
    /// out in the same second.
    private static final int SPREAD_FROM = 1_000;

    private static final long SPREAD_NANOS = TimeUnit.SECONDS.toNanos(1) / 750;

    private final Map<Long, Deadline> byId = new HashMap<>();
    private final PriorityQueue<Deadline> queue =
            new PriorityQueue<>((a, b) -> Long.signum(a.queuedNanos - b.queuedNanos));
    /// Deadlines in the queue of leases that are gone.
    private int dead;

    private boolean armed;
    private long term;

    /// Arms all of `leases`, each with its full time and `grace` on top (LEA-21), and many of them some more so that at
    /// most 750 run out in a second (LEA-24).
    ///
    /// @param term in which this member leads
    synchronized void arm(long term, Collection<Lease> leases, long graceNanos, long now) {
        disarm();
        armed = true;
        this.term = term;
        if (leases.size() < SPREAD_FROM) {
            leases.forEach(lease -> put(lease, now + ttlNanos(lease) + graceNanos));
        } else {
            spread(leases, now + graceNanos);
        }
        notifyAll();
    }

    private void spread(Collection<Lease> leases, long from) {
        List<Lease> soonest = new ArrayList<>(leases);
        soonest.sort(Comparator.comparingLong(Lease::ttlSeconds));
        long free = from;
        for (Lease lease : soonest) {
            long due = from + ttlNanos(lease);
            long nanos = due - free > 0 ? due : free;
            put(lease, nanos);
            free = nanos + SPREAD_NANOS;
        }
    }

    /// The term that the deadlines are armed for.
    synchronized long term() {
        return term;
    }

    synchronized boolean isArmed() {
        return armed;
    }

    synchronized void disarm() {
        armed = false;
        byId.values().forEach(deadline -> deadline.waiting.forEach(Expiry::deposed));
        byId.clear();
        queue.clear();
        dead = 0;
    }

    synchronized void granted(Lease lease, long now) {
        if (armed) {
            put(lease, now + ttlNanos(lease));
            notifyAll();
        }
    }

    private void put(Lease lease, long nanos) {
        Deadline deadline = new Deadline(lease, nanos);
        Deadline earlier = byId.put(lease.id(), deadline);
        if (earlier != null) {
            drop(earlier);
        }
        queue.add(deadline);
    }

    /// Leaves a deadline to be passed over when its time comes: to look for it in the queue would take as many steps as
    /// there are leases, on the thread that applies. When more than half of the queue is dead, it is swept, so that
    /// leases of many years that come and go take no memory.
    private void drop(Deadline deadline) {
        if (deadline.expired) {
            return; // the queue has it no more
        }
        deadline.dead = true;
        dead++;
        if (dead > SWEPT_FROM && dead > queue.size() / 2) {
            queue.removeIf(queued -> queued.dead);
            dead = 0;
        }
    }

    /// Deadlines that the queue holds, those of leases that are gone included.
    synchronized int queued() {
        return queue.size();
    }

    synchronized void revoked(long id) {
        Deadline deadline = byId.remove(id);
        if (deadline != null) {
            drop(deadline);
            deadline.waiting.forEach(Expiry::revoked);
        }
    }

    /// Who waits for a lease that has run out. One of the two is called, once; must not block.
    interface Expiry {
        /// It is gone.
        void revoked();

        /// This member leads no more before it was: nothing is known of it.
        void deposed();
    }

    /// What came of a renewal.
    sealed interface Renewal {
        /// @param ttlSeconds the time granted anew
        record Renewed(long ttlSeconds) implements Renewal {}

        /// There is no such lease.
        record Unknown() implements Renewal {}

        /// This member does not lead, so it does not know.
        record NotLeading() implements Renewal {}

        /// It has run out and is being revoked: the caller will be told once it is (LEA-11).
        record Expiring() implements Renewal {}
    }

    synchronized Renewal renew(long id, long now, Expiry caller) {
        if (!armed) {
            return new Renewal.NotLeading();
        }
        Deadline deadline = byId.get(id);
        if (deadline == null) {
            return new Renewal.Unknown();
        }
        if (deadline.expired || deadline.nanos - now <= 0) {
            deadline.waiting = new ArrayList<>(deadline.waiting);
            deadline.waiting.add(caller);
            return new Renewal.Expiring();
        }
        deadline.nanos = now + ttlNanos(deadline.lease);
        return new Renewal.Renewed(deadline.lease.ttlSeconds());
    }

    /// Nanoseconds until the lease runs out, negative when it has; null when it is not known here.
    synchronized Long remaining(long id, long now) {
        Deadline deadline = byId.get(id);
        return deadline == null ? null : deadline.nanos - now;
    }

    /// Ids in the order in which they run out (LEA-19).
    synchronized List<Long> bySoonest() {
        return byId.values().stream()
                .sorted(Comparator.comparingLong(deadline -> deadline.nanos))
                .map(deadline -> deadline.lease.id())
                .toList();
    }

    /// Leases that have run out.
    ///
    /// @param term in which this member led when they did
    record Due(long term, List<Lease> leases) {}

    /// Waits until leases have run out and takes up to `most` of them; they stay known until [#revoked] or
    /// [#retry].
    synchronized Due takeExpired(int most, java.util.function.LongSupplier clock) throws InterruptedException {
        List<Lease> expired = new ArrayList<>();
        while (true) {
            long now = clock.getAsLong();
            while (!queue.isEmpty() && expired.size() < most && queue.peek().queuedNanos - now <= 0) {
                Deadline due = queue.poll();
                if (due.dead) {
                    dead--;
                } else if (due.nanos - now > 0) {
                    due.queuedNanos = due.nanos;
                    queue.add(due);
                } else {
                    due.expired = true;
                    expired.add(due.lease);
                }
            }
            if (!expired.isEmpty()) {
                return new Due(term, expired);
            }
            if (queue.isEmpty()) {
                wait();
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, queue.peek().queuedNanos - now));
            }
        }
    }

    /// A revocation failed: it is due again at `nanos`.
    synchronized void retry(Lease lease, long nanos) {
        Deadline deadline = byId.get(lease.id());
        // One that was armed again meanwhile stands in the queue.
        if (deadline != null && deadline.expired && deadline.lease.equals(lease)) {
            deadline.expired = false;
            deadline.queuedNanos = nanos;
            queue.add(deadline);
            notifyAll();
        }
    }

    private static long ttlNanos(Lease lease) {
        return TimeUnit.SECONDS.toNanos(lease.ttlSeconds());
    }
}
