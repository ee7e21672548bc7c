package io.metastore.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.metastore.blackbox.MemberTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Random histories, command by command, on a real etcd and on the packaged MetaStore: every reply, refusal,
/// revision, event and hash must be equal, but for what [Normalisation] takes out.
///
/// | property | meaning |
/// |---|---|
/// | `metastore.etcd`, or the variable `ETCD_BIN` | the etcd; without it the test is skipped |
/// | `replay.seeds` | how many histories; each starts on servers of its own |
/// | `replay.commands` | how many commands each has |
/// | `replay.json.seeds`, `.commands`, `.seed` | the same of those that are played by JSON as well |
/// | `replay.seed` | the first seed; alone it means: only this history |
/// | `replay.pairs` | how many histories run at a time |
/// | `replay.shrink.seconds` | how long a history that fails may take to be made short |
class DifferentialReplayIT {
    private static final int SEEDS = 8;
    private static final int COMMANDS = 1500;

    private static MemberTarget.Program etcd;
    private static MemberTarget.Program metaStore;

    private final Tally tally = new Tally();

    @BeforeAll
    static void programs() {
        Optional<MemberTarget.Program> given = MemberTarget.etcd();
        Assumptions.assumeTrue(
                given.isPresent(), "no etcd to compare with: give one by -Dmetastore.etcd=PATH or ETCD_BIN");
        etcd = given.orElseThrow();
        // Many short lives: what starts fast is better than what runs fast.
        List<String> command = new ArrayList<>(List.of("env", "METASTORE_JAVA_OPTS=-XX:TieredStopAtLevel=1 -Xmx512m"));
        command.addAll(MemberTarget.jar().command());
        metaStore = new MemberTarget.Program("jar", command);
    }

    @Test
    void etcdAndMetaStoreAnswerAlike() throws InterruptedException, ExecutionException {
        Long only = Long.getLong("replay.seed");
        int count = Integer.getInteger("replay.seeds", only != null ? 1 : SEEDS);
        int commands = Integer.getInteger("replay.commands", COMMANDS);
        long first = only != null ? only : new Random().nextInt(1_000_000);
        System.out.println("Replay of " + count + " histories of " + commands + " commands, seeds " + first + " to "
                + (first + count - 1));
        long start = System.nanoTime();
        Map<Long, Difference> found = new TreeMap<>();
        try (ExecutorService pairs = Executors.newFixedThreadPool(Integer.getInteger("replay.pairs", 2))) {
            Map<Long, Future<Optional<Difference>>> runs = new TreeMap<>();
            LongStream.range(first, first + count)
                    .forEach(seed -> runs.put(seed, pairs.submit(() -> played(seed, commands))));
            for (var run : runs.entrySet()) {
                run.getValue().get().ifPresent(difference -> found.put(run.getKey(), difference));
            }
        }
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        System.out.println(summary(count, found.size(), seconds));
        if (!found.isEmpty()) {
            long seed = found.keySet().iterator().next();
            fail(report(seed, commands, found));
        }
        assertTrue(tally.commands() >= (long) count * commands, tally::toString);
    }

    /// Each history is played three times: by gRPC on both, then by JSON on MetaStore and once by either on etcd. So
    /// each call has four answers, which are equal.
    @Test
    void answersByJsonAreThoseByGrpc() {
        int count = Integer.getInteger("replay.json.seeds", 1);
        int commands = Integer.getInteger("replay.json.commands", 600);
        long first = Long.getLong("replay.json.seed", new Random().nextInt(1_000_000));
        System.out.println("Replay by JSON of " + count + " histories of " + commands + " commands, seeds " + first
                + " to " + (first + count - 1));
        for (long seed = first; seed < first + count; seed++) {
            List<ReplayStep> steps = new HistoryGenerator(seed).steps(commands);
            assertEquals(Optional.empty(), played(steps, Side.Way.GRPC, Side.Way.GRPC), "seed " + seed);
            assertEquals(Optional.empty(), played(steps, Side.Way.GRPC, Side.Way.JSON), "seed " + seed);
            assertEquals(Optional.empty(), played(steps, Side.Way.JSON, Side.Way.JSON), "seed " + seed);
        }
        assertTrue(tally.commands() >= 3L * count * commands, tally::toString);
        System.out.println(tally);
    }

    private Optional<Difference> played(List<ReplayStep> steps, Side.Way toEtcd, Side.Way toMetaStore) {
        try (ServerPair pair = ServerPair.start(etcd, metaStore);
                HistoryPlayer player = pair.fresh(tally, toEtcd, toMetaStore)) {
            return player.play(steps);
        }
    }

    private Optional<Difference> played(long seed, int commands) {
        List<ReplayStep> steps = new HistoryGenerator(seed).steps(commands);
        try (ServerPair pair = ServerPair.start(etcd, metaStore);
                HistoryPlayer player = pair.fresh(tally)) {
            Optional<Difference> difference = player.play(steps);
            difference.ifPresent(at -> System.out.println("seed " + seed + ": " + at));
            return difference;
        }
    }

    private String summary(int count, int different, long seconds) {
        return "Normalised before comparing:\n  - " + String.join("\n  - ", Normalisation.LIST)
                + "\nNot played:\n  - " + String.join("\n  - ", HistoryGenerator.AVOIDED) + "\n" + tally
                + tally.commands() + " commands from " + count + " seeds in " + seconds + " s, " + different
                + " differences";
    }

    private static String report(long seed, int commands, Map<Long, Difference> found) {
        List<ReplayStep> steps = new HistoryGenerator(seed).steps(commands);
        Difference first = found.get(seed);
        List<ReplayStep> failing = steps.subList(0, Math.min(steps.size(), first.at() + 1));
        StringBuilder text = new StringBuilder("etcd and MetaStore differ for the seeds " + found.keySet() + ".\nSeed "
                + seed + " (-Dreplay.seed=" + seed + " -Dreplay.commands=" + commands + "): " + first + "\n");
        try (Reproduction again = new Reproduction(etcd, metaStore, first.kind())) {
            text.append(again.shrunk(failing, TimeUnit.SECONDS.toNanos(Long.getLong("replay.shrink.seconds", 120))));
        }
        return text.toString();
    }
}
