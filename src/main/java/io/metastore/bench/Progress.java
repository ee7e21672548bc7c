package io.metastore.bench;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// One line a second about the running phase.
final class Progress {
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Driver.Phase phase;
    private final Tally tally;
    private final PrintStream err;
    private final long start = System.nanoTime();
    private long last = start;

    Progress(Driver.Phase phase, Tally tally, PrintStream err) {
        this.phase = phase;
        this.tally = tally;
        this.err = err;
    }

    void tick(long now) {
        if (!phase.progress() || now - last < EVERY_NANOS) {
            return;
        }
        Histogram interval = tally.interval();
        double seconds = (now - last) / 1e9;
        err.printf(
                "%-8s %4d s  %,9.0f/s  p50 %s  p99 %s  max %s  outstanding %,d  refused %,d  errors %,d%n",
                phase.name(),
                (now - start) / EVERY_NANOS,
                interval.getTotalCount() / seconds,
                ResultTable.millis(interval.getValueAtPercentile(50)),
                ResultTable.millis(interval.getValueAtPercentile(99)),
                ResultTable.millis(interval.getMaxValue()),
                tally.outstanding(),
                tally.refusals(),
                tally.failures());
        last = now;
    }
}
