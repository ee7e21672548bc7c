package io.metastore.failover;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.blackbox.Cluster;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberTarget;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// The leader's disk needs a second for each sync, MetaStore's and etcd's: what clients still get. `strace` holds the
/// calls back; it costs time by itself, the same on both, which the figures without a delay show.
@Tag("blackbox")
@Timeout(1_200)
@EnabledIfSystemProperty(
        named = "failover.slow-syncs",
        matches = "true",
        disabledReason = "compares with etcd and needs strace: -Dfailover.slow-syncs=true")
class SlowSyncsIT {
    private static final PacedPuts.Shape SHAPE =
            new PacedPuts.Shape(Integer.getInteger("failover.slow-syncs.writers", 64), 256, Duration.ofMillis(5));
    private static final Duration LASTS = Duration.ofSeconds(Long.getLong("failover.slow-syncs.seconds", 20));
    private static final int WARM = 20_000;

    @Test
    void metaStoreBesideEtcd() throws IOException {
        Map<String, PacedPuts.Taken> shown = new LinkedHashMap<>();
        try {
            run((MemberTarget.Program) MemberTarget.current(), shown);
            run(MemberTarget.etcd().orElseThrow(), shown);
        } finally {
            shown.forEach((what, taken) -> System.out.println(what + ": " + taken));
        }
        assertTrue(
                shown.values().stream().allMatch(taken -> taken.sorted().length > 0),
                "some cluster acknowledged nothing");
    }

    private static void run(MemberTarget.Program program, Map<String, PacedPuts.Taken> shown) throws IOException {
        try (Cluster cluster = Cluster.start(program, 3, "--heartbeat-interval=100", "--election-timeout=1000")) {
            try (PacedPuts warm = PacedPuts.start(SHAPE, cluster.members())) {
                Eventually.holds("it is warm", Duration.ofSeconds(120), () -> warm.acknowledged() >= WARM);
                shown.put(program.label() + ", nothing attached", warm.end());
            }
            for (int delay : new int[] {0, 1_000_000}) {
                Member leader = cluster.leader();
                long terms = Cluster.status(leader).getRaftTerm();
                try (Delayed ignored = new Delayed(leader, delay);
                        PacedPuts puts = PacedPuts.start(SHAPE, cluster.members())) {
                    LockSupport.parkNanos(LASTS.toNanos());
                    PacedPuts.Taken taken = puts.end();
                    long changes = Cluster.status(cluster.leader()).getRaftTerm() - terms;
                    shown.put(
                            program.label() + ", syncs take " + delay / 1000 + " ms more, " + changes + " terms later",
                            taken);
                }
            }
        }
    }

    /// Holds each sync of a member's data back.
    private static final class Delayed implements AutoCloseable {
        private final Process tracer;

        private Delayed(Member member, int micros) {
            String calls = "fsync,fdatasync";
            try {
                tracer = new ProcessBuilder(
                                "strace",
                                "-f",
                                "-q",
                                "-o",
                                "/dev/null",
                                "-e",
                                "trace=" + calls,
                                "-e",
                                "inject=" + calls + ":delay_enter=" + micros,
                                "-p",
                                Long.toString(member.pid()))
                        .redirectErrorStream(true)
                        .redirectOutput(new File("/dev/null"))
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Eventually.holds("every thread of the member is traced", () -> isTraced(member.pid()));
        }

        private static boolean isTraced(long pid) {
            try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
                return threads.allMatch(Delayed::hasTracer);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static boolean hasTracer(Path thread) {
            try {
                return Files.readAllLines(thread.resolve("status")).stream()
                        .anyMatch(line -> line.startsWith("TracerPid:") && !line.endsWith("\t0"));
            } catch (IOException _) {
                return true; // it has ended
            }
        }

        @Override
        public void close() {
            tracer.destroy();
            try {
                if (!tracer.waitFor(30, TimeUnit.SECONDS)) {
                    throw new AssertionError("strace has not ended");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }
}
