package io.metastore.watch;

import java.util.PriorityQueue;

/// When which stream's periodic progress is due. Used by the live thread only.
final class ProgressClock {
    private final PriorityQueue<WatchSession> due =
            new PriorityQueue<>((a, b) -> Long.signum(a.progressDue - b.progressDue));

    /// Starts a stream's period, unless it runs already.
    void add(WatchSession session) {
        if (!session.progressRuns) {
            session.progressRuns = true;
            schedule(session, System.nanoTime());
        }
    }

    void remove(WatchSession session) {
        if (session.progressRuns) {
            due.remove(session);
            session.progressRuns = false;
        }
    }

    /// Nanoseconds until the next stream is due, at most 0 when one is.
    long untilNext() {
        WatchSession first = due.peek();
        return first == null ? Long.MAX_VALUE : first.progressDue - System.nanoTime();
    }

    /// A stream that is due, and begins its next period now; null when none is.
    WatchSession poll() {
        WatchSession first = due.peek();
        long now = System.nanoTime();
        if (first == null || first.progressDue - now > 0) {
            return null;
        }
        due.poll();
        schedule(first, now);
        return first;
    }

    private void schedule(WatchSession session, long now) {
        session.progressDue = now + session.progressNanos();
        due.add(session);
    }
}
