package io.metastore.bench;

import io.metastore.client.Endpoint;
import io.metastore.client.UsageException;
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
            new Flag("keep-data", "", "", "leave the data directories in place"),
            new Flag("members", "N", "1", "members of each side; with more than one only four scenarios, or --only"),
            new Flag(
                    "through",
                    "WHICH",
                    "leader",
                    "with --members: leader, or all; the first clients of all are those of followers"),
            new Flag(
                    "cold",
                    "",
                    "",
                    "instead of all that: fresh servers by turns under a light mixed load, from their first call on"),
            new Flag("pairs", "N", "5", "with --cold: lives of each server"),
            new Flag("calls", "N", "12000", "with --cold: calls of a life, of ten four puts, two txns, four ranges"),
            new Flag("rate", "N", "400", "with --cold: calls per second"),
            new Flag("native", "PATH", "", "with --cold: MetaStore's native executable, a further side"));

    /// What only a comparison of warm servers takes, and what only one of fresh servers does.
    private static final List<String> WARM_ONLY = List.of(
            "only",
            "rounds",
            "warm-rounds",
            "round",
            "warm-calls",
            "quick",
            "key-space",
            "first-port",
            "members",
            "through");

    private static final List<String> COLD_ONLY = List.of("pairs", "calls", "rate", "native");

    private static final List<String> DEFAULT_SIDES = List.of("etcd=etcd", "etcd-again=etcd", "metastore=metastore");
    private static final int MEMBERS_MAX = 9;

    private final PrintStream out;
    private final PrintStream err;

    CompareCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int run(Flags flags) throws IOException {
        boolean cold = flags.on("cold");
        for (String name : cold ? WARM_ONLY : COLD_ONLY) {
            if (flags.has(name)) {
                throw new UsageException("--" + name + (cold ? " does nothing with --cold" : " needs --cold"));
            }
        }
        return cold ? cold(flags) : warm(flags);
    }

    private int warm(Flags flags) throws IOException {
        Instant begin = Instant.now();
        Path folder = Files.createDirectories(Path.of(flags.text("out"))).toAbsolutePath();
        Scenarios scenarios = new Scenarios(
                flags.count("value-size", 8, 1 << 20),
                flags.number("key-space", 1, 1_000_000_000_000L),
                flags.number("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                flags.time("patience"));
        int members = flags.count("members", 1, MEMBERS_MAX);
        if (members == 1 && flags.has("through")) {
            throw new UsageException("--through needs --members of 2 or more");
        }
        ServerGroup.Through through = ServerGroup.Through.parse(flags.text("through"));
        List<Scenario> chosen =
                choose(flags, scenarios.all(), members == 1 ? scenarios.ofOne() : Scenarios.OF_CLUSTERS);
        Comparison.Plan plan = plan(flags);
        List<ServerGroup> servers = new ArrayList<>();
        String aborted = null;
        try {
            Map<String, String> knobs = knobs(flags, plan.toString(), folder);
            start(flags, folder, members, through, servers, knobs);
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
            if (!comparison.notes().isEmpty()) {
                knobs.put("to know", String.join("; ", comparison.notes()));
            }
            CompareReport report = new CompareReport(knobs, servers, chosen, comparison.rounds());
            write(folder, report.markdown(), report.map());
        } finally {
            servers.forEach(ServerGroup::close);
            if (!flags.on("keep-data")) {
                deleteAll(folder.resolve("data"));
            }
        }
        if (aborted != null) {
            throw new AbortedException(aborted);
        }
        return 0;
    }

    private int cold(Flags flags) throws IOException {
        Instant begin = Instant.now();
        Path folder = Files.createDirectories(Path.of(flags.text("out"))).toAbsolutePath();
        ColdComparison.Plan plan = new ColdComparison.Plan(
                flags.count("pairs", 1, 1_000),
                flags.number("calls", 1, 1_000_000_000),
                flags.number("rate", 1, 10_000_000),
                flags.count("value-size", 8, 1 << 20),
                flags.number("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                flags.time("patience"));
        Map<String, String> knobs = knobs(flags, plan.toString(), folder);
        Map<Side, Path> programs = programs(flags, folder, knobs);
        ColdComparison comparison = new ColdComparison(plan, programs, folder, err);
        String aborted = null;
        try {
            comparison.run();
        } catch (AbortedException e) {
            aborted = e.getMessage();
            knobs.put("aborted", aborted);
        } finally {
            if (!flags.on("keep-data")) {
                deleteAll(folder.resolve("data"));
            }
        }
        knobs.put("took", Duration.between(begin, Instant.now()).toSeconds() + " s");
        ColdReport report =
                new ColdReport(knobs, List.copyOf(programs.keySet()), comparison.commands(), comparison.runs());
        write(folder, report.markdown(), report.map());
        if (aborted != null) {
            throw new AbortedException(aborted);
        }
        return 0;
    }

    /// @param usual  names of those that run where `--only` is not given; empty for all
    private static List<Scenario> choose(Flags flags, List<Scenario> all, List<String> usual) {
        if (!flags.has("only")) {
            return all.stream()
                    .filter(scenario -> usual.isEmpty() || usual.contains(scenario.name()))
                    .toList();
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

    private void start(
            Flags flags,
            Path folder,
            int members,
            ServerGroup.Through through,
            List<ServerGroup> servers,
            Map<String, String> knobs)
            throws IOException {
        Map<Side, Path> programs = programs(flags, folder, knobs);
        int port = flags.count("first-port", 0, 65_000);
        for (Side side : programs.keySet()) {
            List<ServerPlace> places = ServerPlace.of(side, folder, port, members);
            servers.add(ServerGroup.start(side, programs.get(side), places, through));
            port += port == 0 ? 0 : members * ServerPlace.PORTS;
            err.println(side.name() + " listens on "
                    + String.join(
                            ", ",
                            places.stream()
                                    .map(ServerPlace::endpoint)
                                    .map(Endpoint::toString)
                                    .toList()));
        }
    }

    /// What each side runs, in the order in which they take turns.
    private Map<Side, Path> programs(Flags flags, Path folder, Map<String, String> knobs) throws IOException {
        List<String> given = new ArrayList<>(flags.has("side") ? flags.all("side") : DEFAULT_SIDES);
        if (flags.has("native")) {
            given.add("native=metastore@" + flags.text("native"));
        }
        Set<String> names = new HashSet<>();
        Map<Side, Path> programs = new LinkedHashMap<>();
        for (String text : given) {
            Side side = Side.parse(text);
            if (!names.add(side.name())) {
                throw new UsageException("--side has the name '" + side.name() + "' twice");
            }
            programs.put(side, program(flags, folder, side));
            if (side.kind() == Side.Kind.ETCD) {
                knobs.putIfAbsent("etcd " + programs.get(side), EtcdProgram.version(programs.get(side)));
            }
        }
        return programs;
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

    private static Map<String, String> knobs(Flags flags, String plan, Path folder) throws IOException {
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
        knobs.put("rounds in force", plan);
        flags.inForce().forEach((name, value) -> knobs.put("--" + name, value));
        return knobs;
    }

    private void write(Path folder, String text, Map<String, Object> map) throws IOException {
        Files.writeString(folder.resolve("report.md"), text);
        Files.writeString(folder.resolve("report.json"), Json.write(map));
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
