package io.metastore.bench;

import io.metastore.client.Security;
import io.metastore.client.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// `metastore bench lonely`: what one client that has a member to itself waits for a put. Two members differ only
/// in how long a batch may wait to fill; they and a bare loop of fdatasync on the same disk take turns (A B disk,
/// A B disk, …), so that what disturbs the machine disturbs all three.
final class LonelyBench {
    static final List<Flag> FLAGS = List.of(
            new Flag("batch-times", "TIME,TIME", "1ms,200ms", "longest wait of a batch, of the one and the other"),
            new Flag("rounds", "N", "5", "rounds that count"),
            new Flag("warm-rounds", "N", "1", "rounds before those"),
            new Flag("round", "TIME", "3s", "length of a round of each"),
            new Flag("warm-calls", "N", "40000", "puts of 100 clients before the rounds, on each member"),
            new Flag("value-size", "BYTES", "256", "length of a value"),
            new Flag("metastore", "PATH", "bin/metastore", "MetaStore's launcher, native executable or jar"),
            new Flag("patience", "TIME", "10s", "abort when nothing is answered for this long"),
            new Flag("seed", "N", "1", "of all random choices"),
            new Flag("out", "FOLDER", "target/lonely", "where lonely.json, the members' output and all data go"),
            new Flag("keep-data", "", "", "leave the data directories in place"));

    private static final int WARM_CLIENTS = 100;
    private static final long KEY_SPACE = 100_000;
    private static final int KEY_BYTES = 32;

    /// What the log adds to key and value of a put, about.
    private static final int FRAMING_BYTES = 64;

    private final PrintStream out;
    private final PrintStream err;

    LonelyBench(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /// One of those that take turns.
    ///
    /// @param p50 milliseconds, of each round that counted
    private record Turn(String name, Round round, List<Double> p50) {
        private interface Round {
            RunResult run(Duration length) throws IOException;
        }

        void take(Duration length, boolean warm, PrintStream err) throws IOException {
            RunResult result = round.run(length);
            result.aborted().ifPresent(why -> {
                throw new AbortedException(name + ": " + why);
            });
            double millis = result.all().getValueAtPercentile(50) / 1e6;
            err.printf(
                    Locale.ROOT,
                    "%-12s %s %,8d calls  p50 %8.3f ms  p99 %8.3f ms%n",
                    name,
                    warm ? "warm" : "    ",
                    result.calls(),
                    millis,
                    result.all().getValueAtPercentile(99) / 1e6);
            if (!warm) {
                p50.add(millis);
            }
        }

        double median() {
            return Ratio.median(p50.stream().mapToDouble(Double::doubleValue).toArray());
        }
    }

    int run(Flags flags) throws IOException {
        String[] times = flags.text("batch-times").split(",", -1);
        if (times.length != 2
                || !List.of(times).stream()
                        .allMatch(time -> Flags.duration(time).isPresent())) {
            throw flags.bad("batch-times", "two times such as 1ms,200ms");
        }
        Path program = Path.of(flags.text("metastore"));
        if (!Files.isReadable(program)) {
            throw new UsageException("--metastore names '" + program + "', which cannot be read");
        }
        Path folder = Files.createDirectories(Path.of(flags.text("out"))).toAbsolutePath();
        Path data = folder.resolve("data");
        CompareCommand.deleteAll(data);
        List<AutoCloseable> open = new ArrayList<>();
        try {
            List<Turn> turns = new ArrayList<>();
            for (String time : times) {
                turns.add(member(flags, time, program.toAbsolutePath(), folder, open));
            }
            int size = KEY_BYTES + flags.count("value-size", 8, 1 << 20) + FRAMING_BYTES;
            DiskLoop disk = new DiskLoop(data, size, 1);
            open.add(disk);
            turns.add(new Turn(DiskLoop.KIND, length -> disk.run(Pace.Limit.time(length)), new ArrayList<>()));
            int warm = flags.count("warm-rounds", 0, 1_000);
            int rounds = flags.count("rounds", 1, 1_000);
            Duration length = flags.time("round");
            for (int number = 0; number < warm + rounds; number++) {
                for (Turn turn : turns) {
                    turn.take(length, number < warm, err);
                }
            }
            report(folder, flags, turns);
            return 0;
        } finally {
            close(open);
            if (!flags.on("keep-data")) {
                CompareCommand.deleteAll(data);
            }
        }
    }

    /// Starts a member, warms it up, and connects the lonely client.
    private Turn member(Flags flags, String time, Path program, Path folder, List<AutoCloseable> open)
            throws IOException {
        Side side = new Side(
                "batch-" + time,
                Side.Kind.METASTORE,
                Optional.empty(),
                Map.of(),
                List.of(),
                List.of("--metastore.batch.time=" + time),
                0);
        Path data = folder.resolve("data").resolve(side.name());
        Files.createDirectories(data.getParent());
        ServerProcess server = ServerProcess.start(side, program, data, folder.resolve(side.name() + ".log"), 0);
        open.add(server);
        Duration patience = flags.time("patience");
        Scenarios scenarios = new Scenarios(
                flags.count("value-size", 8, 1 << 20),
                KEY_SPACE,
                flags.number("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                patience);
        long warmCalls = flags.number("warm-calls", 0, 1_000_000_000);
        if (warmCalls > 0) {
            try (Connections many =
                    Connections.open(List.of(server.endpoint()), Security.NONE, WARM_CLIENTS / 10, 1, patience)) {
                RunResult warm = scenarios
                        .put(WARM_CLIENTS)
                        .prepare()
                        .on(many, err)
                        .apply(new Driver.Phase("warm", WARM_CLIENTS, Pace.Limit.calls(warmCalls), 0, patience, false));
                warm.aborted().ifPresent(why -> {
                    throw new AbortedException(side.name() + ": " + why);
                });
            }
        }
        Connections one = Connections.open(List.of(server.endpoint()), Security.NONE, 1, 1, patience);
        open.add(one);
        Function<Driver.Phase, RunResult> puts = scenarios.put(1).prepare().on(one, err);
        return new Turn(
                side.name(),
                length -> puts.apply(new Driver.Phase(side.name(), 1, Pace.Limit.time(length), 0, patience, false)),
                new ArrayList<>());
    }

    private void report(Path folder, Flags flags, List<Turn> turns) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("flags", flags.inForce());
        Turn first = turns.getFirst();
        Turn disk = turns.getLast();
        out.printf("%-12s %11s %13s %15s   %s%n", "", "p50 ms", "against A", "against disk", "p50 of each round");
        for (Turn turn : turns) {
            out.printf(
                    Locale.ROOT,
                    "%-12s %11.3f %13.2f %15.2f   %s%n",
                    turn.name(),
                    turn.median(),
                    turn.median() / first.median(),
                    turn.median() / disk.median(),
                    turn.p50().stream()
                            .map(p50 -> String.format(Locale.ROOT, "%.3f", p50))
                            .toList());
            json.put(turn.name(), Map.of("p50Millis", turn.median(), "rounds", turn.p50()));
        }
        Files.writeString(folder.resolve("lonely.json"), Json.write(json));
    }

    /// Closes in reverse order of opening; what cannot be closed is told, and the rest still closed.
    private void close(List<AutoCloseable> open) {
        for (AutoCloseable each : open.reversed()) {
            try {
                each.close();
            } catch (Exception e) {
                err.println("metastore bench: " + e);
            }
        }
    }
}
