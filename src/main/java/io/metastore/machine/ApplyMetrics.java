package io.metastore.machine;

import io.metastore.measure.Histogram;
import io.metastore.measure.Outcomes;
import io.metastore.value.StoreError;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/// Meters of applying.
public final class ApplyMetrics {
    /// What etcd calls slow, with its defaults.
    private static final long SLOW_NANOS = 100_000_000;

    /// By the ordinal of [CommandType].
    private final Outcomes[] commands = Arrays.stream(CommandType.values())
            .map(_ -> Outcomes.ofSeconds(100_000, 20))
            .toArray(Outcomes[]::new);
    private final LongAdder slow = new LongAdder();
    private final Histogram commit = Histogram.ofSeconds(1_000_000, 14);
    private final DistributionSummary chunkCommands;
    private final Timer chunkDuration;

    private final SlowChunk slowChunk;

    /// Told on the apply thread of each chunk that was applied, as long as it took.
    public interface SlowChunk {
        void applied(int commands, long nanos);
    }

    public ApplyMetrics(MeterRegistry registry) {
        this(registry, (_, _) -> {});
    }

    /// @param slowChunk decides what is slow
    public ApplyMetrics(MeterRegistry registry, SlowChunk slowChunk) {
        this.slowChunk = slowChunk;
        chunkCommands = DistributionSummary.builder("metastore.apply.chunk.commands")
                .description("Commands applied and written as one engine batch")
                .serviceLevelObjectives(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
                .register(registry);
        chunkDuration = Timer.builder("metastore.apply.chunk.duration")
                .description("Time to apply, write and publish one chunk")
                .serviceLevelObjectives(
                        Duration.ofNanos(50_000),
                        Duration.ofNanos(100_000),
                        Duration.ofNanos(250_000),
                        Duration.ofNanos(500_000),
                        Duration.ofMillis(1),
                        Duration.ofMillis(2),
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500))
                .register(registry);
    }

    /// Nanoseconds of a clock of its own, for durations.
    long now() {
        return System.nanoTime();
    }

    /// A command has ended that began at `startedNanos`; yields when the next one begins.
    long commandApplied(Command<?> command, Outcome<?> outcome, long startedNanos) {
        long now = now();
        long took = now - startedNanos;
        commands[CommandType.of(command).ordinal()].record(succeeded(outcome), took);
        if (took > SLOW_NANOS) {
            slow.increment();
        }
        return now;
    }

    /// etcd takes a revision that was compacted before for no failure.
    private static boolean succeeded(Outcome<?> outcome) {
        return !(outcome instanceof Outcome.Refused(StoreError error)) || error == StoreError.COMPACTED;
    }

    void chunkWritten(long nanos) {
        commit.record(nanos);
    }

    /// Times that commands took to apply.
    public Outcomes times(CommandType type) {
        return commands[type.ordinal()];
    }

    /// Commands that took more than 100 ms.
    public long slow() {
        return slow.sum();
    }

    /// Times that it took to write a chunk to the engine and to publish what it wrote.
    public Histogram commits() {
        return commit;
    }

    void chunkApplied(int commands, long nanos) {
        chunkCommands.record(commands);
        chunkDuration.record(nanos, TimeUnit.NANOSECONDS);
        slowChunk.applied(commands, nanos);
    }
}
