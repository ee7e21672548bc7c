package io.metastore.failover;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The longest times without an acknowledged write, one per fault, in milliseconds.
record Gaps(List<Long> millis) {

    /// A time without an acknowledged write.
    ///
    /// @param from  its begin, by System.nanoTime
    /// @param nanos its length
    record Gap(long from, long nanos) {
        long millis() {
            return nanos / 1_000_000;
        }
    }

    /// Listens to writers and keeps the longest gap.
    static final class Meter {
        private long last = System.nanoTime();
        private Gap longest = new Gap(last, 0);
        private long count;

        synchronized void acknowledged() {
            acknowledgedAt(System.nanoTime());
        }

        synchronized void acknowledgedAt(long now) {
            longest = longestAt(now);
            last = now;
            count++;
        }

        /// Forgets the gaps of the past; the one that is open counts from its begin.
        synchronized void begin() {
            longest = new Gap(last, 0);
        }

        /// The longest one, with the one that is open.
        synchronized Gap longestAt(long now) {
            return now - last > longest.nanos() ? new Gap(last, now - last) : longest;
        }

        synchronized long count() {
            return count;
        }
    }

    /// The value below which a share of all lie, by the nearest rank.
    long quantile(double share) {
        List<Long> sorted = millis.stream().sorted().toList();
        return sorted.get(Math.max(0, (int) Math.ceil(share * sorted.size()) - 1));
    }

    /// How many times as long as others' these are.
    String beside(Gaps others) {
        return String.format(
                Locale.ROOT,
                "median %.2f, p95 %.2f, max %.2f times",
                (double) quantile(0.5) / others.quantile(0.5),
                (double) quantile(0.95) / others.quantile(0.95),
                (double) quantile(1) / others.quantile(1));
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "median %,d ms, p95 %,d ms, max %,d ms of %d: %s",
                quantile(0.5),
                quantile(0.95),
                quantile(1),
                millis.size(),
                millis.stream().map(String::valueOf).collect(Collectors.joining(" ")));
    }
}
