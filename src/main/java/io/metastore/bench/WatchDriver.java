package io.metastore.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/// Drives puts and waits until every watcher has seen every one of them.
final class WatchDriver {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final double BEHIND_MILLIS = 1_000;

    private final Driver driver;
    private final WatchLoad load;

    /// Opens the watches.
    ///
    /// @throws AbortedException when the server does not confirm them in time
    WatchDriver(Connections connections, WatchLoad load, int watchesPerStream, Duration patience, PrintStream err) {
        this.driver = new Driver(connections, load, err);
        this.load = load;
        load.open(connections.all(), watchesPerStream);
        if (!waitFor(load::opened, patience)) {
            throw new AbortedException("the server did not confirm all watches within " + patience.toSeconds() + " s "
                    + load.events().errors());
        }
    }

    RunResult run(Driver.Phase phase) {
        Tally events = load.count();
        long cpu = OwnCpu.nanos();
        long start = System.nanoTime();
        RunResult puts = driver.run(phase);
        long expected = puts.calls() * load.eventsPerPut();
        boolean complete = waitWhileMoving(events, expected, phase.patience());
        long wall = System.nanoTime() - start;

        Map<String, Histogram> latencies = new LinkedHashMap<>(puts.latencies());
        latencies.putAll(events.byKind());
        Map<String, Object> figures = new LinkedHashMap<>(puts.figures());
        double worst = latencies.get("event").getMaxValue() / 1e6;
        figures.put("events expected", expected);
        figures.put("events missing", Math.max(0, expected - events.calls()));
        figures.put("worst delay ms", worst);
        figures.put("a watcher was behind by more than a second", worst > BEHIND_MILLIS || !complete);
        Map<String, Long> errors = new LinkedHashMap<>(puts.errors());
        events.errors().forEach((text, count) -> errors.merge(text, count, Long::sum));
        return new RunResult(
                latencies,
                wall,
                OwnCpu.nanos() - cpu,
                puts.refused(),
                errors,
                puts.unanswered(),
                puts.unsent(),
                figures,
                puts.aborted()
                        .or(() -> complete
                                ? Optional.empty()
                                : Optional.of("events stopped arriving: " + events.calls() + " of " + expected)));
    }

    private static boolean waitWhileMoving(Tally events, long expected, Duration patience) {
        long seen = -1;
        while (events.calls() < expected) {
            if (events.calls() == seen) {
                return false;
            }
            long before = events.calls();
            seen = before;
            waitFor(() -> events.calls() >= expected || events.calls() > before, patience);
        }
        return true;
    }

    private static boolean waitFor(BooleanSupplier condition, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return true;
    }
}
