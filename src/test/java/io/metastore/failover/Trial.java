package io.metastore.failover;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Cluster;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Requests;
import io.metastore.failover.History.Answer;
import java.time.Duration;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Three members of one program whose leader is struck again and again under load. After each time the struck one is
/// mended, has caught up, and every member has exactly what clients were told.
final class Trial implements AutoCloseable {
    private static final int WORKERS = Integer.getInteger("failover.workers", 64);
    private static final Duration PAUSE = Duration.ofMillis(Long.getLong("failover.pause.millis", 5));

    /// A call's limit where a member falls silent with calls in its hands: etcd's Go client has none and would wait for
    /// ever.
    private static final Duration SHORT = Duration.ofMillis(Long.getLong("failover.call.millis", 1_000));

    /// A call's limit where nobody falls silent: a call that takes longer is an error.
    private static final Duration LONG = Duration.ofSeconds(10);

    private static final Duration WRITES_GO_ON = Duration.ofSeconds(60);
    /// How long a leader sleeps: longer than its followers wait for it.
    private static final Duration SLEEP = Duration.ofSeconds(3);

    private static final int WARM = 500;
    private static final int WRITES_OF_NEXT = 200;
    /// Reads that wait in the sockets of a leader that sleeps.
    private static final int WAITING_READS = 32;

    private final String label;
    private final Cluster cluster;
    private final History history = new History();
    private Sum sum;
    private int round;

    private Trial(String label, Cluster cluster) {
        this.label = label;
        this.cluster = cluster;
        sum = Sum.none(label);
    }

    /// What came of several times.
    ///
    /// @param errors that clients saw beyond their own retries
    record Sum(String label, Gaps gaps, long writes, long reads, Map<String, Long> errors) {
        private static Sum none(String label) {
            return new Sum(label, new Gaps(List.of()), 0, 0, Map.of());
        }

        private Sum with(Gaps.Gap gap, Load load) {
            List<Long> all = new ArrayList<>(gaps.millis());
            all.add(gap.millis());
            Map<String, Long> counted = new TreeMap<>(errors);
            load.errors().forEach((error, count) -> counted.merge(error, count, Long::sum));
            return new Sum(label, new Gaps(all), writes + load.meter().count(), reads + load.reads(), counted);
        }

        long errorCount() {
            return errors.values().stream().mapToLong(Long::longValue).sum();
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%s: gap %s; %,d writes and %,d reads, %,d errors beyond retries %s",
                    label,
                    gaps,
                    writes,
                    reads,
                    errorCount(),
                    errors);
        }
    }

    /// Starts members with etcd's default times.
    static Trial start(MemberTarget.Program program) {
        return new Trial(
                program.label(), Cluster.start(program, 3, "--heartbeat-interval=100", "--election-timeout=1000"));
    }

    /// Strikes the leader once. Fails when a client was told what does not hold.
    void round(Fault fault) {
        round++;
        Duration limit = switch (fault) {
            case KILL, PAUSE -> SHORT;
            case STOP, MOVE -> LONG;
        };
        Load.Shape shape = new Load.Shape(WORKERS, WORKERS, limit, PAUSE);
        try (Load load = Load.start(shape, history, prefix(), cluster.members())) {
            load.awaitWrites(WARM, WRITES_GO_ON);
            Member struck = cluster.leader();
            String what = fault + " " + round + " of m" + (cluster.members().indexOf(struck) + 1) + " at "
                    + LocalTime.now().truncatedTo(ChronoUnit.MILLIS);
            long begun = System.nanoTime();
            load.meter().begin();
            fault.strike(cluster, struck);
            load.awaitWrites(WRITES_OF_NEXT, WRITES_GO_ON);
            Gaps.Gap first = load.meter().longestAt(System.nanoTime());
            load.ease();
            String mending = mend(fault, struck, begun);
            Cluster.caughtUp(struck, cluster.others(struck).getFirst().client().revision());
            long mended = System.nanoTime() - begun;
            load.press();
            load.awaitWrites(WRITES_OF_NEXT, WRITES_GO_ON);
            Gaps.Gap longest = load.meter().longestAt(System.nanoTime());
            load.end();
            sum = sum.with(longest, load);
            System.out.printf(
                    Locale.ROOT,
                    "%s, %s: no write from %+d ms to %+d ms (%d ms)%s, caught up after %d ms%s; %d writes, %d reads,"
                            + " %d keys, errors %s%n",
                    label,
                    what,
                    (longest.from() - begun) / 1_000_000,
                    (longest.from() + longest.nanos() - begun) / 1_000_000,
                    longest.millis(),
                    longest.equals(first) ? "" : ", before it was mended " + first.millis() + " ms",
                    mended / 1_000_000,
                    mending,
                    load.meter().count(),
                    load.reads(),
                    load.keys(),
                    load.errors());
            compare(load);
        }
    }

    private String prefix() {
        return "failover/" + round + "/";
    }

    /// Says what is to be known of it.
    private String mend(Fault fault, Member struck, long begun) {
        if (fault != Fault.PAUSE) {
            fault.mend(struck);
            return "";
        }
        LockSupport.parkNanos(begun + SLEEP.toNanos() - System.nanoTime());
        // Reads that are sent after others have written, and wait in the sockets of one who thinks that it leads.
        List<Register> asked = history.registers().stream()
                .filter(register -> register.key().startsWith(prefix()))
                .limit(WAITING_READS)
                .toList();
        AtomicInteger answered = new AtomicInteger();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            asked.forEach(register -> threads.submit(() -> {
                if (isAnswered(struck.client(), register)) {
                    answered.incrementAndGet();
                }
            }));
            // Nothing tells when they are there.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            fault.mend(struck);
        }
        return ", of " + asked.size() + " reads that waited for it " + answered + " were answered";
    }

    private static boolean isAnswered(Client sleeper, Register register) {
        Register.Get get = register.get();
        RangeResponse found;
        try {
            found = sleeper.range(range(bytes(register.key())));
        } catch (StatusRuntimeException _) {
            return false; // no answer is no stale answer
        }
        KeyValue pair = found.getKvsCount() == 0 ? KeyValue.getDefaultInstance() : found.getKvs(0);
        get.returned(Load.number(pair), pair.getVersion(), Answer.of(found.getHeader()));
        return true;
    }

    private void compare(Load load) {
        long revision = cluster.member(0).client().revision();
        for (int i = 0; i < cluster.members().size(); i++) {
            Member member = cluster.member(i);
            Cluster.caughtUp(member, revision);
            load.compare(member.client(), "m" + (i + 1), false);
            load.compare(member.client(), "m" + (i + 1), true);
        }
        assertEquals("", String.join("\n", history.violations()));
        cluster.hashesAgree(revision);
        var ignored = cluster.member(round % 3).client().kv().compact(Requests.compaction(revision));
    }

    /// What came of it since the last call.
    Sum sum() {
        Sum now = sum;
        sum = Sum.none(label);
        return now;
    }

    @Override
    public void close() {
        cluster.close();
    }
}
