package io.metastore.service;

import io.metastore.lease.Lease;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Compares the queue of deadlines with looking through all leases. In each operation the clock steps to the
/// next deadline, the one lease that has run out is found, ended and granted anew, so that there are always as
/// many.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class LeaseQueueBenchmark {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /// Makes leases that run out one a second, granted in an order that a seed fixes.
    @State(Scope.Thread)
    public static class Granted {
        @Param({"10000", "100000", "1000000"})
        public int leases;

        long now;

        /// Gives lease `id` the deadline `id` seconds after the beginning.
        List<Lease> shuffled() {
            List<Lease> granted = new ArrayList<>();
            for (int id = 1; id <= leases; id++) {
                granted.add(new Lease(id, leases, id));
            }
            Collections.shuffle(granted, new Random(1));
            return granted;
        }

        long grantedAt(Lease lease) {
            return (lease.id() - leases) * SECOND;
        }
    }

    @State(Scope.Thread)
    public static class Queued {
        private final LeaseDeadlines deadlines = new LeaseDeadlines();

        @Setup(Level.Trial)
        public void grant(Granted granted) {
            deadlines.arm(List.of(), 0, 0);
            granted.shuffled().forEach(lease -> deadlines.granted(lease, granted.grantedAt(lease)));
        }
    }

    @State(Scope.Thread)
    public static class Scanned {
        private final Map<Long, Deadline> deadlines = new HashMap<>();

        @Setup(Level.Trial)
        public void grant(Granted granted) {
            granted.shuffled().forEach(lease -> grant(lease, granted.grantedAt(lease)));
        }

        private void grant(Lease lease, long now) {
            deadlines.put(lease.id(), new Deadline(lease, now + lease.ttlSeconds() * SECOND));
        }
    }

    private record Deadline(Lease lease, long nanos) {}

    @Benchmark
    public Lease queue(Granted granted, Queued queued) throws InterruptedException {
        long now = granted.now += SECOND;
        Lease expired = only(queued.deadlines.takeExpired(1000, () -> now));
        queued.deadlines.revoked(expired.id());
        queued.deadlines.granted(expired, now);
        return expired;
    }

    @Benchmark
    public Lease scan(Granted granted, Scanned scanned) {
        long now = granted.now += SECOND;
        List<Lease> found = new ArrayList<>();
        for (Deadline deadline : scanned.deadlines.values()) {
            if (deadline.nanos() - now <= 0) {
                found.add(deadline.lease());
            }
        }
        Lease expired = only(found);
        scanned.deadlines.remove(expired.id());
        scanned.grant(expired, now);
        return expired;
    }

    private static Lease only(List<Lease> expired) {
        if (expired.size() != 1) {
            throw new AssertionError(expired.size() + " leases have run out");
        }
        return expired.getFirst();
    }
}
