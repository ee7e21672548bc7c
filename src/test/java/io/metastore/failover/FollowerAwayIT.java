package io.metastore.failover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.blackbox.Cluster;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberMemory;
import io.metastore.blackbox.MemberTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// A follower is away for long while others write as fast as they can: the leader's memory does not grow, and the
/// follower catches up, by the log as long as the leader has it, else by the leader's state.
@Tag("blackbox")
@Timeout(7_200)
@EnabledIfSystemProperty(
        named = "failover.away.minutes",
        matches = "\\d+",
        disabledReason = "takes as long as a follower is away: -Dfailover.away.minutes=10")
class FollowerAwayIT {
    private static final Duration LONG = Duration.ofMinutes(Integer.getInteger("failover.away.minutes", 0));
    private static final Duration SHORT = Duration.ofSeconds(10);
    private static final Duration WARM = Duration.ofSeconds(Long.getLong("failover.away.warm", 120));
    private static final PacedPuts.Shape SHAPE = new PacedPuts.Shape(64, 1024, Duration.ZERO);
    /// Entries that are on their way to whoever follows at full load.
    private static final int CAUGHT_UP = 5_000;
    private static final Duration CATCH_UP = Duration.ofMinutes(10);
    /// The heap stays what it is; the state grows by some gigabytes of history meanwhile, and what RocksDB keeps of its
    /// files in memory with it.
    private static final long GROWTH_MAX = 128 * MemberMemory.MIB;

    /// What a member says when the state of the leader has become its own.
    private static final String INSTALLED =
            MemberTarget.isEtcd() ? "applied snapshot" : "a snapshot has taken the state from index";

    @Test
    void theLeaderDoesNotGrow() throws IOException {
        try (Cluster cluster = Cluster.start((MemberTarget.Program) MemberTarget.current(), 3)) {
            Member leader = cluster.leader();
            Member away = cluster.others(leader).getFirst();
            MemberMemory memory = new MemberMemory(leader);
            try (PacedPuts puts = PacedPuts.start(SHAPE, cluster.others(away))) {
                long warm = most(memory, WARM);
                System.out.printf("warm after %d puts: %s%n", puts.acknowledged(), mebibytes(warm));
                comesBack(cluster, away, puts, memory, SHORT);
                long before = most(memory, SHORT);
                System.out.printf("the leader: before %s, %s%n", mebibytes(before), heap(memory));
                long grown = comesBack(cluster, away, puts, memory, LONG) - before;
                PacedPuts.Taken taken = puts.end();
                System.out.println(taken);
                assertEquals(Map.of(), taken.errors());
                assertTrue(grown <= GROWTH_MAX, () -> "the leader took " + mebibytes(grown) + " more");
            }
            assertEquals(leader.pid(), cluster.leader().pid(), "another leads");
            long revision = leader.client().revision();
            Cluster.caughtUp(away, revision);
            cluster.hashesAgree(revision);
        }
    }

    /// Ends a member, starts it again after a while and waits until it has caught up; returns the most bytes that the
    /// leader had in memory since.
    private static long comesBack(Cluster cluster, Member away, PacedPuts puts, MemberMemory leader, Duration absence)
            throws IOException {
        int said = away.log().length();
        long written = puts.acknowledged();
        away.stop();
        long during = most(leader, absence);
        long missed = puts.acknowledged() - written;
        long began = System.nanoTime();
        away.begin();
        long catching = until(leader, "it answers", () -> applied(away) > 0);
        long answered = System.nanoTime();
        catching = Math.max(
                catching,
                until(leader, "it has caught up", () -> applied(away) + CAUGHT_UP >= applied(leader.member())));
        long caughtUp = System.nanoTime();
        long after = most(leader, SHORT);
        System.out.printf(
                Locale.ROOT,
                "away for %s, %,d puts missed: answers after %.1f s, caught up after %.1f s, %s%n",
                absence,
                missed,
                (answered - began) / 1e9,
                (caughtUp - began) / 1e9,
                away.log().substring(said).contains(INSTALLED) ? "by the leader's state" : "by the log");
        System.out.printf(
                "the leader: at most %s meanwhile, %s until it had caught up, %s after, %s%n",
                mebibytes(during), mebibytes(catching), mebibytes(after), heap(leader));
        return Math.max(during, Math.max(catching, after));
    }

    /// Waits until something holds; returns the most bytes of a member in memory meanwhile.
    private static long until(MemberMemory memory, String what, BooleanSupplier holds) {
        AtomicLong most = new AtomicLong();
        Eventually.holds(what, CATCH_UP, () -> {
            try {
                most.accumulateAndGet(memory.resident(), Math::max);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            return holds.getAsBoolean();
        });
        return most.get();
    }

    /// How much of it is Java's heap.
    private static String heap(MemberMemory memory) {
        return MemberTarget.isEtcd()
                ? "no heap of Java's"
                : "heap " + mebibytes((long) memory.metric("jvm_memory_committed_bytes{area=\"heap\""));
    }

    /// How far a member has applied the log, 0 while it does not answer.
    private static long applied(Member member) {
        try {
            member.client().channel().resetConnectBackoff();
            return Cluster.status(member).getRaftAppliedIndex();
        } catch (StatusRuntimeException _) {
            return 0;
        }
    }

    /// The most bytes of a member in memory, seen once a second for some time.
    private static long most(MemberMemory memory, Duration time) throws IOException {
        long end = System.nanoTime() + time.toNanos();
        long most = 0;
        while (System.nanoTime() - end < 0) {
            most = Math.max(most, memory.resident());
            LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
        }
        return most;
    }

    private static String mebibytes(long bytes) {
        return bytes / MemberMemory.MIB + " MiB";
    }
}
