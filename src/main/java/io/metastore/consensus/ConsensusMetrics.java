package io.metastore.consensus;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/// Meters of the proposal queue, of batching and of agreement.
public final class ConsensusMetrics {
    private final MeterRegistry registry;
    private final DistributionSummary batchCommands;
    private final DistributionSummary batchBytes;
    private final Timer queueWait;
    private final Timer commit;
    private final Map<Batcher.Reason, Counter> closed = new EnumMap<>(Batcher.Reason.class);
    private final Counter failed;

    public ConsensusMetrics(MeterRegistry registry) {
        this.registry = registry;
        batchCommands = DistributionSummary.builder("metastore.batch.commands")
                .description("Commands in one raft entry")
                .serviceLevelObjectives(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
                .register(registry);
        batchBytes = DistributionSummary.builder("metastore.batch.bytes")
                .description("Bytes of commands in one raft entry")
                .serviceLevelObjectives(256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576)
                .register(registry);
        queueWait =
                timer("metastore.queue.wait", "Longest time that a command of a batch waited in the proposal queue");
        commit = timer("metastore.commit.duration", "From proposing a raft entry until it is applied");
        for (Batcher.Reason reason : Batcher.Reason.values()) {
            closed.put(
                    reason,
                    Counter.builder("metastore.batch.closed")
                            .description("Raft entries by why they were closed")
                            .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        failed = Counter.builder("etcd.server.proposals.failed")
                .description("Proposals that could not be agreed on")
                .register(registry);
    }

    private Timer timer(String name, String description) {
        Duration[] bounds = IntStream.range(0, 16)
                .mapToObj(power -> Duration.ofNanos(100_000L << power))
                .toArray(Duration[]::new);
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(bounds)
                .register(registry);
    }

    void watch(ProposalQueue queue, AtomicInteger inFlight, AtomicLong inFlightBytes) {
        Gauge.builder("metastore.queue.waiting", queue, q -> q.depth().waiting())
                .description("Commands in the proposal queue that no entry has taken yet")
                .register(registry);
        Gauge.builder("metastore.queue.outstanding", queue, q -> q.depth().outstanding())
                .description("Commands accepted and not yet applied")
                .register(registry);
        Gauge.builder("metastore.queue.outstanding.bytes", queue, q -> q.depth().bytes())
                .description("Bytes of the commands accepted and not yet applied")
                .register(registry);
        FunctionCounter.builder("metastore.queue.refused", queue, q -> q.depth().refused())
                .description("Commands refused because the proposal queue was full")
                .register(registry);
        Gauge.builder("metastore.batch.inflight", inFlight, AtomicInteger::get)
                .description("Raft entries proposed and not yet applied")
                .register(registry);
        Gauge.builder("metastore.batch.inflight.bytes", inFlightBytes, AtomicLong::get)
                .description("Bytes in the raft entries proposed and not yet applied")
                .register(registry);
        Gauge.builder("etcd.server.proposals.pending", queue, q -> q.depth().outstanding())
                .description("Proposals accepted and not yet applied")
                .register(registry);
    }

    void batchClosed(int commands, long bytes, Batcher.Reason reason, long waitedNanos) {
        batchCommands.record(commands);
        batchBytes.record(bytes);
        closed.get(reason).increment();
        queueWait.record(waitedNanos, TimeUnit.NANOSECONDS);
    }

    void entryApplied(long nanos) {
        commit.record(nanos, TimeUnit.NANOSECONDS);
    }

    void proposalsFailed(int commands) {
        failed.increment(commands);
    }
}
