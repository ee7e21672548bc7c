package io.metastore.machine;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Meters of applying.
public final class ApplyMetrics {
    private final DistributionSummary chunkCommands;
    private final Timer chunkDuration;

    public ApplyMetrics(MeterRegistry registry) {
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

    void chunkApplied(int commands, long nanos) {
        chunkCommands.record(commands);
        chunkDuration.record(nanos, TimeUnit.NANOSECONDS);
    }
}
