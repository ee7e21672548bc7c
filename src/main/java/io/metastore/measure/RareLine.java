package io.metastore.measure;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/// One kind of line in the log that others can cause as often as they like: it is written at most once in ten
/// seconds, and tells how many there were. May be used by several threads at once.
public final class RareLine {
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());
    private final LongAdder unsaid = new LongAdder();

    /// Whether it is time for a line; the suppressed ones are then counted in it.
    public boolean isDue() {
        unsaid.increment();
        long until = quietUntil.get();
        long now = System.nanoTime();
        return now - until >= 0 && quietUntil.compareAndSet(until, now + PAUSE_NANOS);
    }

    /// What a line that is due ends with, and the count begins anew; empty when it speaks of one case only.
    ///
    /// @param cases what is counted
    public String suppressed(String cases) {
        long count = unsaid.sumThenReset();
        return count > 1 ? " (" + count + " such " + cases + " since the last line)" : "";
    }
}
