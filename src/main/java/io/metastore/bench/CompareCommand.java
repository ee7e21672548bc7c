package io.metastore.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// `metastore bench compare`: starts the servers, lets them run in turn, writes the report.
final class CompareCommand {
    static final List<Flag> FLAGS = List.of(
            new Flag(
                    "side",
                    Side.USAGE,
                    "",
                    "a server; may be repeated. The first is what the others are compared with [etcd twice, then metastore]"),
            new Flag("etcd", "PATH", "", "etcd's executable, or the folder with it [on PATH]"),
            new Flag("etcd-recipe", "FOLDER", "", "a Go module that builds etcd from published modules"),
            new Flag("metastore", "PATH", "bin/metastore", "MetaStore's launcher, native executable or jar"),
            new Flag("only", "NAME,...", "", "only these scenarios"),
            new Flag("rounds", "N", "21", "rounds that count, for each side and scenario"),
            new Flag("warm-rounds", "N", "3", "rounds before those"),
            new Flag("round", "TIME", "1s", "length of a round"),
            new Flag(
                    "warm-calls",
                    "N",
                    "150000",
                    "puts, and as many reads, that each server sees before the first scenario; 0 for none"),
            new Flag(
                    "quick",
                    "",
                    "",
                    "3 rounds of 1 s after 1 warm one, 20,000 warm calls, where those flags are not given"),
            new Flag("value-size", "BYTES", "256", "length of a value"),
            new Flag("key-space", "N", "100000", "number of different keys that are put"),
            new Flag("threads", "N", "1", "event loops of the driver"),
            new Flag("patience", "TIME", "10s", "abort when nothing is answered for this long"),
            new Flag("seed", "N", "1", "of all random choices"),
            new Flag(
                    "out",
                    "FOLDER",
                    "target/compare",
                    "where report.md, report.json, the servers' output and their data go"),
            new Flag("first-port", "N", "0", "the servers listen from this port on; 0 for free ports"),
            new Flag("keep-data", "", "", "leave the data directories in place"));

    private static final List<String> DEFAULT_SIDES = List.of("etcd=etcd", "etcd-again=etcd", "metastore=metastore");
    private static final int PORTS_PER_SERVER = 2;

    private final PrintStream out;
    private final PrintStream err;

    CompareCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int run(Flags flags) throws IOException {
        Instant begin = Instant.now();
        Path folder = Files.createDirectories(Path.of(flags.text("out"))).toAbsolutePath();
        Scenarios scenarios = new Scenarios(
                flags.count("value-size", 8, 1 << 20),
                flags.number("key-space", 1, 1_000_000_000_000L),
                flags.number("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                flags.time("patience"));
        List<Scenario> chosen = choose(flags, scenarios.all());
        Comparison.Plan plan = plan(flags);
        List<ServerProcess> servers = new ArrayList<>();
        String aborted = null;
        try {
            Map<String, String> knobs = knobs(flags, plan, folder);
            start(flags, folder, servers, knobs);
            Comparison comparison = new Comparison(plan, servers, err);
            try {
                if (plan.warmCalls() > 0) {
                    comparison.warm(scenarios.put(1_000), scenarios.range("warm", false));
                }
                for (Scenario scenario : chosen) {
                    comparison.run(scenario);
                }
            } catch (AbortedException e) {
                aborted = e.getMessage();
                knobs.put("aborted", aborted);
            }
            knobs.put("took", Duration.between(begin, Instant.now()).toSeconds() + " s");
            write(folder, new CompareReport(knobs, servers, chosen, comparison.rounds()));
        } finally {
            servers.forEach(ServerProcess::close);
            if (!flags.on("keep-data")) {
                deleteAll(folder.resolve("data"));
            }
        }
        if (aborted != null) {
            throw new AbortedException(aborted);
        }
        return 0;
    }

    private static List<Scenario> choose(Flags flags, List<Scenario> all) {
        if (!flags.has("only")) {
            return all;
        }
        List<String> names = all.stream().map(Scenario::name).toList();
        List<String> wanted = List.of(flags.text("only").split(",", -1));
        for (String name : wanted) {
            if (!names.contains(name)) {
                throw new UsageException(
                        "--only has '" + name + "', but the scenarios are " + String.join(", ", names));
            }
        }
        return all.stream().filter(scenario -> wanted.contains(scenario.name())).toList();
    }

    private static Comparison.Plan plan(Flags flags) {
        boolean quick = flags.on("quick");
        return new Comparison.Plan(
                quick && !flags.has("warm-rounds") ? 1 : flags.count("warm-rounds", 0, 1_000),
                quick && !flags.has("rounds") ? 3 : flags.count("rounds", 1, 1_000),
                quick && !flags.has("round") ? Duration.ofSeconds(1) : flags.time("round"),
                quick && !flags.has("warm-calls") ? 20_000 : flags.number("warm-calls", 0, 1_000_000_000),
                flags.time("patience"),
                flags.count("threads", 1, 64));
    }

    private void start(Flags flags, Path folder, List<ServerProcess> servers, Map<String, String> knobs)
            throws IOException {
        List<Side> sides = (flags.has("side") ? flags.all("side") : DEFAULT_SIDES)
                .stream().map(Side::parse).toList();
        Set<String> names = new HashSet<>();
        Map<Side, Path> programs = new LinkedHashMap<>();
        for (Side side : sides) {
            if (!names.add(side.name())) {
                throw new UsageException("--side has the name '" + side.name() + "' twice");
            }
            programs.put(side, program(flags, folder, side));
        }
        int port = flags.count("first-port", 0, 65_000);
        for (Side side : sides) {
            if (side.kind() == Side.Kind.ETCD) {
                knobs.putIfAbsent("etcd " + programs.get(side), EtcdProgram.version(programs.get(side)));
            }
            Path data = folder.resolve("data").resolve(side.name());
            deleteAll(data);
            Files.createDirectories(data.getParent());
            servers.add(
                    ServerProcess.start(side, programs.get(side), data, folder.resolve(side.name() + ".log"), port));
            port += port == 0 ? 0 : PORTS_PER_SERVER;
            err.println(side.name() + " listens on " + servers.getLast().endpoint());
        }
    }

    private Path program(Flags flags, Path folder, Side side) throws IOException {
        if (side.kind() == Side.Kind.ETCD && side.program().isEmpty()) {
            return EtcdProgram.find(flags.text("etcd"), flags.text("etcd-recipe"), folder, err);
        }
        Path program = side.program().orElseGet(() -> Path.of(flags.text("metastore")));
        if (!Files.isReadable(program)) {
            throw new UsageException("'" + program + "' of side " + side.name() + " cannot be read");
        }
        return program.toAbsolutePath();
    }

    private static Map<String, String> knobs(Flags flags, Comparison.Plan plan, Path folder) throws IOException {
        Map<String, String> knobs = new LinkedHashMap<>();
        knobs.put("begun", Instant.now().toString());
        knobs.put("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
        knobs.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        knobs.put(
                "driver's Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        knobs.put(
                "driver's JVM options",
                String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        knobs.put("file system of the data", Files.getFileStore(folder).toString());
        knobs.put(
                "load average at the start",
                Files.readString(Path.of("/proc/loadavg")).strip());
        knobs.put("rounds in force", plan.toString());
        flags.inForce().forEach((name, value) -> knobs.put("--" + name, value));
        return knobs;
    }

    private void write(Path folder, CompareReport report) throws IOException {
        String text = report.markdown();
        Files.writeString(folder.resolve("report.md"), text);
        Files.writeString(folder.resolve("report.json"), Json.write(report.map()));
        out.print(text.substring(0, text.indexOf("\n## Knobs")));
        out.println("\nEverything, raw rounds included: " + folder.resolve("report.md") + ", report.json");
    }

    static void deleteAll(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
