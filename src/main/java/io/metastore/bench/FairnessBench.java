package io.metastore.bench;

import io.metastore.client.Security;
import io.metastore.client.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/// `metastore bench fairness`: how long an event waits on a connection that also carries large reads. Two servers take
/// turns, in plain text and with TLS (A B, A B with TLS, A B, …), and the ratio of neighbouring rounds is what counts:
/// what the machine and the client add is the same for both.
final class FairnessBench {
    static final List<Flag> FLAGS = List.of(
            new Flag(
                    "side",
                    Side.USAGE,
                    "",
                    "a server; may be repeated. The first is what the others are compared with [etcd, then metastore]"),
            new Flag("etcd", "PATH", "", "etcd's executable, or the folder with it [on PATH]"),
            new Flag("metastore", "PATH", "bin/metastore", "MetaStore's launcher, native executable or jar"),
            new Flag("transport", "WHAT", "both", "plain, tls or both"),
            new Flag("readers", "N", "4", "reads at once"),
            new Flag("values", "N", "5", "values that each read returns"),
            new Flag("value-size", "BYTES", "1000000", "length of each"),
            new Flag("event-every", "TIME", "100ms", "from one put of the watched key to the next"),
            new Flag("rounds", "N", "5", "rounds that count"),
            new Flag("warm-rounds", "N", "2", "rounds before those"),
            new Flag("round", "TIME", "3s", "length of a round of each"),
            new Flag("patience", "TIME", "10s", "abort when nothing is answered for this long"),
            new Flag("seed", "N", "1", "of the values"),
            new Flag("out", "FOLDER", "target/fairness", "where fairness.json, the servers' output and all data go"),
            new Flag("keep-data", "", "", "leave the data directories in place"));

    private static final List<String> DEFAULT_SIDES = List.of("etcd=etcd", "metastore=metastore");

    private final PrintStream out;
    private final PrintStream err;

    FairnessBench(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /// One side over one transport.
    private record Turn(String side, String transport, SharedConnection connection, List<SharedConnection.Seen> seen) {
        String name() {
            return side + " " + transport;
        }

        void take(Duration length, boolean warm, PrintStream err) {
            SharedConnection.Seen round = connection.run(length);
            err.printf(
                    Locale.ROOT,
                    "%-20s %s %4d events  p50 %8.3f ms  p99 %8.3f ms  max %8.3f ms  apart max %8.3f ms"
                            + "  put p50 %8.3f ms  read %7.1f MB/s%n",
                    name(),
                    warm ? "warm" : "    ",
                    round.shared().getTotalCount(),
                    millis(round.shared(), 50),
                    millis(round.shared(), 99),
                    millis(round.shared(), 100),
                    millis(round.apart(), 100),
                    millis(round.puts(), 50),
                    round.megabytesPerSecond());
            if (!warm) {
                seen.add(round);
            }
        }

        double[] each(ToDoubleFunction<SharedConnection.Seen> figure) {
            return seen.stream().mapToDouble(figure).toArray();
        }
    }

    /// What is told of a turn.
    private enum Column {
        MEDIAN("event p50 ms", seen -> millis(seen.shared(), 50)),
        P99("event p99 ms", seen -> millis(seen.shared(), 99)),
        GREATEST("event max ms", seen -> millis(seen.shared(), 100)),
        APART("apart max ms", seen -> millis(seen.apart(), 100)),
        PUT("put p50 ms", seen -> millis(seen.puts(), 50)),
        READ("read MB/s", SharedConnection.Seen::megabytesPerSecond);

        private final String title;
        private final ToDoubleFunction<SharedConnection.Seen> figure;

        Column(String title, ToDoubleFunction<SharedConnection.Seen> figure) {
            this.title = title;
            this.figure = figure;
        }
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }

    int run(Flags flags) throws IOException {
        SharedConnection.Load load = new SharedConnection.Load(
                flags.count("readers", 1, 1_000),
                flags.count("values", 1, 1_000),
                flags.count("value-size", 1, 1_400_000),
                flags.time("event-every"),
                flags.time("patience"));
        if (load.eventEvery().isZero()) {
            throw flags.bad("event-every", "a time of at least 1ms");
        }
        String transport = flags.oneOf("transport", List.of("plain", "tls", "both"));
        int warm = flags.count("warm-rounds", 0, 1_000);
        int rounds = flags.count("rounds", 1, 1_000);
        Duration length = flags.time("round");
        long seed = flags.number("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        List<Side> sides = (flags.has("side") ? flags.all("side") : DEFAULT_SIDES)
                .stream().map(Side::parse).toList();
        Path folder = Files.createDirectories(Path.of(flags.text("out"))).toAbsolutePath();
        Path data = folder.resolve("data");
        CompareCommand.deleteAll(data);
        Files.createDirectories(data);
        List<AutoCloseable> open = new ArrayList<>();
        try {
            List<ServerProcess> servers = new ArrayList<>();
            for (Side side : sides) {
                servers.add(ServerProcess.startSecure(
                        side,
                        program(flags, folder, side),
                        data.resolve(side.name()),
                        folder.resolve(side.name() + ".log")));
                open.add(servers.getLast());
            }
            List<Turn> turns = new ArrayList<>();
            for (String each : transport.equals("both") ? List.of("plain", "tls") : List.of(transport)) {
                for (ServerProcess server : servers) {
                    boolean plain = each.equals("plain");
                    SharedConnection connection = SharedConnection.open(
                            plain ? server.endpoint() : server.secure().orElseThrow(),
                            plain ? Security.NONE : new Security("", "", "", true),
                            load,
                            turns.size(),
                            seed);
                    open.add(connection);
                    turns.add(new Turn(server.side().name(), each, connection, new ArrayList<>()));
                }
            }
            for (int number = 0; number < warm + rounds; number++) {
                for (Turn turn : turns) {
                    turn.take(length, number < warm, err);
                }
            }
            report(folder, flags, turns, servers.getFirst().side().name());
            return 0;
        } finally {
            close(open);
            if (!flags.on("keep-data")) {
                CompareCommand.deleteAll(data);
            }
        }
    }

    private Path program(Flags flags, Path folder, Side side) throws IOException {
        if (side.kind() == Side.Kind.ETCD && side.program().isEmpty()) {
            return EtcdProgram.find(flags.text("etcd"), "", folder, err);
        }
        Path program = side.program().orElseGet(() -> Path.of(flags.text("metastore")));
        if (!Files.isReadable(program)) {
            throw new UsageException("'" + program + "' of side " + side.name() + " cannot be read");
        }
        return program.toAbsolutePath();
    }

    /// Each figure is the median of the rounds; its ratio is that of neighbouring rounds, median, least and most.
    private void report(Path folder, Flags flags, List<Turn> turns, String first) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("flags", flags.inForce());
        for (Turn turn : turns) {
            Turn reference = turns.stream()
                    .filter(other ->
                            other.side().equals(first) && other.transport().equals(turn.transport()))
                    .findFirst()
                    .orElseThrow();
            Map<String, Object> told = new LinkedHashMap<>();
            out.println(turn.name());
            for (Column column : Column.values()) {
                double[] figures = turn.each(column.figure);
                Ratio ratio = Ratio.of(figures, reference.each(column.figure));
                out.printf(
                        Locale.ROOT,
                        "  %-14s %9.3f%s%n",
                        column.title,
                        Ratio.median(figures),
                        turn == reference ? "" : "   against " + first + " " + ratio);
                told.put(
                        column.title,
                        Map.of("median", Ratio.median(figures), "ratio", ratio.median(), "rounds", list(figures)));
            }
            json.put(turn.name(), told);
        }
        Files.writeString(folder.resolve("fairness.json"), Json.write(json));
    }

    private static List<Double> list(double[] figures) {
        return Arrays.stream(figures).boxed().toList();
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
