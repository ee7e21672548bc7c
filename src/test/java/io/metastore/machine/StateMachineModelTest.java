package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.fail;

import io.metastore.engine.EngineKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Random histories of everything that a raft entry can hold, on the real state machine over each engine and on a
/// naive one: every outcome, event, view, count and hash must be equal, whatever is collected, lost or
/// replayed in between. With batching an entry holds several commands and a chunk several entries; without it one
/// each.
///
/// `-Dseed=N` runs one seed again, `-Dcommands=N` makes the run longer, `-Dshrink.seconds=N` says how long to look for
/// a
/// shorter history that fails alike.
@ParameterizedClass
@EnumSource(
        value = EngineKind.class,
        names = {"ROCKSDB", "MEMORY"})
class StateMachineModelTest {
    /// Each history starts from an empty store.
    private static final int HISTORY = 5_000;

    @Parameter
    private EngineKind kind;

    @TempDir
    private Path folder;

    private int runs;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void historiesEndAsTheOracleSays(boolean batching) {
        Long only = Long.getLong("seed");
        long first = only != null ? only : new Random().nextLong(1_000_000);
        int commands = Integer.getInteger("commands", 25_000);
        int histories = only != null ? 1 : Math.max(1, commands / HISTORY);
        System.out.println(histories + " histories on " + kind + " of " + commands / histories + " commands with"
                + (batching ? "" : "out") + " batching, from seed " + first);
        for (int i = 0; i < histories; i++) {
            long seed = first + i;
            List<HistoryStep> steps = new HistoryGenerator(seed, batching).steps(commands / histories);
            Throwable failure = failure(steps);
            if (failure != null) {
                report(seed, batching, commands / histories, steps, failure);
            }
        }
    }

    private Throwable failure(List<HistoryStep> steps) {
        try {
            Path parent = Files.createDirectory(folder.resolve("run-" + runs++));
            try (HistoryRun run = new HistoryRun(parent, kind)) {
                run.run(steps);
            }
            return null;
        } catch (Exception | AssertionError e) {
            return e;
        }
    }

    private void report(long seed, boolean batching, int commands, List<HistoryStep> steps, Throwable failure) {
        String kind = kind(failure);
        HistoryShrinker shrinker = new HistoryShrinker(
                fewer -> {
                    Throwable same = failure(fewer);
                    return same != null && kind(same).equals(kind);
                },
                TimeUnit.SECONDS.toNanos(Long.getLong("shrink.seconds", 30)));
        List<HistoryStep> shortest = shrinker.shrink(steps);
        StringBuilder script = new StringBuilder("seed " + seed + " with" + (batching ? "" : "out")
                + " batching (-Dseed=" + seed + " -Dcommands=" + commands + "): ");
        Throwable last = failure(shortest);
        script.append(last == null ? failure : last).append("\nShortest history found:");
        shortest.forEach(step -> script.append("\n  ").append(step));
        fail(script.toString(), last == null ? failure : last);
    }

    /// What a shorter history must still show: the beginning of the message, before anything that depends on
    /// the history.
    private static String kind(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        int end = 0;
        while (end < message.length() && (Character.isLetter(message.charAt(end)) || message.charAt(end) == ' ')) {
            end++;
        }
        return failure.getClass() + message.substring(0, end);
    }
}
