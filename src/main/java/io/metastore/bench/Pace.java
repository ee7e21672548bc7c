package io.metastore.bench;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// Decides when the next call of a phase is due, and when there are no more.
sealed interface Pace {
    /// No call may begin now.
    long NONE = -1;

    /// The number of a call that begins now, or [#NONE]. Each lane calls this from its own thread.
    long claim(int lane, long nowNanos);

    /// When call `number` should begin.
    long intended(long number, long nowNanos);

    /// Whether no call will ever be due again.
    boolean over(int lane, long nowNanos);

    /// Calls that were due at `nowNanos` and that no client was free to send.
    default long unsent(long nowNanos) {
        return 0;
    }

    /// From now on nothing is due.
    void stop();

    /// Every client sends its next call when the last one has been answered. A slow server slows its
    /// clients: latency leaves out those who would have come meanwhile.
    final class Closed implements Pace {
        private final AtomicLong next = new AtomicLong();
        private final long total;
        private final long endNanos;
        private volatile boolean stopped;

        Closed(Limit limit, long startNanos) {
            total = limit.total();
            endNanos = startNanos + limit.duration().toNanos();
        }

        @Override
        public long claim(int lane, long nowNanos) {
            if (over(lane, nowNanos)) {
                return NONE;
            }
            long number = next.getAndIncrement();
            return number < total ? number : NONE;
        }

        @Override
        public long intended(long number, long nowNanos) {
            return nowNanos;
        }

        @Override
        public boolean over(int lane, long nowNanos) {
            return stopped || nowNanos - endNanos >= 0 || next.get() >= total;
        }

        @Override
        public void stop() {
            stopped = true;
        }
    }

    /// Calls are due at a fixed rate, whatever the server does. A call that had to wait for a free client is
    /// measured from when it was due, so a stall shows with
    /// everybody whom it would have hit.
    final class Open implements Pace {
        private static final long BEHIND_NANOS = 1_000_000;

        private final double nanosPerCall;
        private final long startNanos;
        private final long total;
        private final long[] next;
        private volatile boolean stopped;

        /// @param callsPerSecond  of all lanes together
        /// @param lanes           lane `l` sends the calls `l`, `l + lanes`, …
        Open(double callsPerSecond, Limit limit, long startNanos, int lanes) {
            this.nanosPerCall = 1e9 / callsPerSecond;
            this.startNanos = startNanos;
            this.total =
                    Math.min(limit.total(), (long) Math.ceil(limit.duration().toNanos() / nanosPerCall));
            this.next = new long[lanes];
            for (int lane = 0; lane < lanes; lane++) {
                next[lane] = lane;
            }
        }

        @Override
        public long claim(int lane, long nowNanos) {
            long number = next[lane];
            if (stopped || number >= total || intended(number, nowNanos) - nowNanos > 0) {
                return NONE;
            }
            next[lane] = number + next.length;
            return number;
        }

        @Override
        public long intended(long number, long nowNanos) {
            return startNanos + (long) (number * nanosPerCall);
        }

        /// The phase also ends for calls that are still waiting for a client when its time is up (and a
        /// grace of a tenth): they count as unsent.
        @Override
        public boolean over(int lane, long nowNanos) {
            return stopped || next[lane] >= total || nowNanos - startNanos > total * nanosPerCall * 1.1 + 1e8;
        }

        /// When the first call that lane has not sent is due; Long.MAX_VALUE for never.
        long dueNanos(int lane) {
            long number = next[lane];
            return stopped || number >= total ? Long.MAX_VALUE : intended(number, 0);
        }

        /// When a lane that sends what is due at `nowNanos` has to be woken next: when the call after the one
        /// that is due now is. A lane that is further behind has more to send than clients; each of them goes
        /// on by itself.
        long lookAgainNanos(int lane, long nowNanos) {
            long due = dueNanos(lane);
            if (due > nowNanos) {
                return due;
            }
            long following = due + (long) (next.length * nanosPerCall);
            return following > nowNanos ? following : nowNanos + BEHIND_NANOS;
        }

        @Override
        public long unsent(long nowNanos) {
            long due = Math.min(total, (long) ((nowNanos - startNanos) / nanosPerCall) + 1);
            long unsent = 0;
            for (long first : next) {
                unsent += Math.max(0, (due - first + next.length - 1) / next.length);
            }
            return unsent;
        }

        @Override
        public void stop() {
            stopped = true;
        }
    }

    /// How long a phase lasts, by calls or by time, whichever ends first.
    record Limit(long total, Duration duration) {
        private static final Duration LONGEST = Duration.ofDays(1);

        static Limit calls(long total) {
            return new Limit(total, LONGEST);
        }

        static Limit time(Duration duration) {
            return new Limit(Long.MAX_VALUE, duration);
        }

        boolean none() {
            return total == 0 || duration.isZero();
        }
    }
}
