package io.metastore.bench;

import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import io.metastore.client.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/// `metastore bench`: load for any server that speaks etcd's v3 API, and what it made of it.
public final class BenchCommand {
    private static final int OK = 0;
    private static final int ABORTED = 1;
    private static final int USAGE = 2;

    private final PrintStream out;
    private final PrintStream err;

    private BenchCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] args) {
        System.exit(run(List.of(args), System.out, System.err));
    }

    /// Runs one subcommand.
    ///
    /// @return the exit status: 0; 1 when the measurement was aborted or a result could not be written;
    ///     2 for a wrong command line
    public static int run(List<String> args, PrintStream out, PrintStream err) {
        if (args.isEmpty()
                || args.contains("--help")
                || args.contains("-h")
                || args.getFirst().equals("help")) {
            boolean known = !args.isEmpty() && BenchFlags.commands().contains(args.getFirst());
            out.print(known ? help(args.getFirst()) : help());
            return OK;
        }
        try {
            return new BenchCommand(out, err).command(args.getFirst(), args.subList(1, args.size()));
        } catch (UsageException e) {
            err.println("metastore bench: " + e.getMessage());
            return USAGE;
        } catch (AbortedException e) {
            err.println("metastore bench: aborted: " + e.getMessage());
            return ABORTED;
        } catch (IOException e) {
            err.println("metastore bench: " + e);
            return ABORTED;
        }
    }

    /// The text of `metastore bench --help`.
    public static String help() {
        return """
                Usage: metastore bench COMMAND [flags]

                Puts load on a server that speaks etcd's v3 API and prints throughput and latencies.

                  put      writes of single keys
                  range    reads: one key, a prefix, or a page with its count; linearizable or serializable
                  txn      compare-and-swap
                  mixed    reads and writes of single keys
                  watch    watchers and the puts that they see: how late events are
                  lease    grant, keep-alive, revoke
                  null     how many calls per second the bench itself can drive, and what a call costs it
                  disk     what a synced write costs on a disk, without any server
                  lonely   one client's put with short and long batch times, next to the bare disk
                  fairness what large reads cost the events of a watch on the same connection, next to etcd
                  compare  several servers in turn on this machine: ratios of throughput, latency, CPU, memory, bytes written
                  train    writes the cache that a start of the jar begins with, as the build does, for another Java or place

                `metastore bench COMMAND --help` lists the flags of a command.
                Exit status: 0; 1 aborted (what was measured until then is printed); 2 wrong command line.
                """;
    }

    private static String help(String command) {
        StringBuilder text = new StringBuilder("Usage: metastore bench " + command + " [flags]\n\n");
        BenchFlags.all(command).forEach(flag -> text.append(flag.usage()));
        return text.toString();
    }

    private int command(String name, List<String> args) throws IOException {
        if (!BenchFlags.commands().contains(name)) {
            throw new UsageException("unknown command '" + name + "'"
                    + Nearest.to(name, BenchFlags.commands())
                            .map(near -> "; the nearest is '" + near + "'")
                            .orElse("; --help lists them"));
        }
        Flags flags = Flags.parse(args, BenchFlags.all(name));
        return switch (name) {
            case "null" -> new NullBench(out, err).run(flags);
            case BenchFlags.DISK -> new DiskBench(out).run(flags);
            case BenchFlags.LONELY -> new LonelyBench(out, err).run(flags);
            case BenchFlags.FAIRNESS -> new FairnessBench(out, err).run(flags);
            case BenchFlags.COMPARE -> new CompareCommand(out, err).run(flags);
            case BenchFlags.TRAIN -> new Training(out, err).run(flags);
            default -> drive(name, flags);
        };
    }

    /// Puts one load on servers that run already.
    private int drive(String name, Flags flags) throws IOException {
        Security security = new Security(
                flags.text("cacert"), flags.text("cert"), flags.text("key"), flags.on("insecure-skip-tls-verify"));
        Settings settings = Settings.read(flags, Endpoint.parse(flags.text("endpoints")), security);
        try (Connections connections = Connections.open(
                settings.endpoints(), security, settings.connections(), settings.threads(), settings.patience())) {
            RunResult result = name.equals("watch")
                    ? watch(connections, settings, flags)
                    : load(connections, settings, workload(name, connections, settings, flags));
            return report(name, flags, settings, result);
        }
    }

    private RunResult load(Connections connections, Settings settings, Workload workload) {
        Driver driver = new Driver(connections, workload, err);
        return phases(settings, driver::run);
    }

    /// The warm-up, whose figures count only when it was aborted, then the measurement.
    private static RunResult phases(Settings settings, Function<Driver.Phase, RunResult> run) {
        if (!settings.warmup().none()) {
            RunResult warm = run.apply(settings.warming());
            if (warm.aborted().isPresent()) {
                return warm;
            }
        }
        return run.apply(settings.measured());
    }

    private Workload workload(String name, Connections connections, Settings settings, Flags flags) {
        if (name.equals("lease")) {
            return new LeaseLoad(flags.number("ttl", 1, 9_000_000_000L), flags.count("keep-alives", 0, 1_000_000));
        }
        Keys keys = new Keys(
                Keys.ROOT + name + "/",
                flags.count("key-size", 1, 32_768),
                flags.number("key-space", 1, 1_000_000_000_000L));
        Payload values = new Payload(flags.count("value-size", 0, 1 << 28), settings.seed());
        boolean serializable = (name.equals("range") || name.equals("mixed")) && flags.on("serializable");
        if ((name.equals("range") || name.equals("mixed")) && flags.on("fill")) {
            Fill.write(connections, keys, values, settings.patience(), err);
        }
        return switch (name) {
            case "put" -> new PutLoad(keys, values, flags.on("sequential-keys"), settings.seed());
            case "range" -> {
                RangeLoad.Reach reach = RangeLoad.Reach.valueOf(
                        flags.oneOf("reach", List.of("key", "prefix", "page")).toUpperCase(Locale.ROOT));
                int least = reach == RangeLoad.Reach.PAGE ? 1 : 0;
                yield new RangeLoad(keys, reach, flags.count("limit", least, 1_000_000), serializable, settings.seed());
            }
            case "txn" -> new TxnLoad(keys, values);
            case "mixed" -> new MixedLoad(keys, values, flags.ratio("reads"), serializable, settings.seed());
            default -> throw new UsageException("unknown command '" + name + "'");
        };
    }

    private RunResult watch(Connections connections, Settings settings, Flags flags) {
        int watchers = flags.count("watchers", 1, 1_000_000);
        int keySize = flags.count("key-size", 1, 32_768);
        long keySpace = flags.number("key-space", 1, 1_000_000_000_000L);
        List<Keys> prefixes = watchPrefixes(flags.on("disjoint") ? watchers : 1, keySize, keySpace);
        WatchLoad load = new WatchLoad(prefixes, watchers, flags.count("value-size", 8, 1 << 28));
        WatchDriver driver = new WatchDriver(
                connections, load, flags.count("watches-per-stream", 1, 1_000_000), settings.patience(), err);
        return phases(settings, driver::run);
    }

    static List<Keys> watchPrefixes(int count, int keySize, long keySpace) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Keys(Keys.ROOT + "watch/" + i + "/", keySize, keySpace))
                .toList();
    }

    private int report(String name, Flags flags, Settings settings, RunResult result) throws IOException {
        out.print(ResultTable.text(result));
        if (settings.json().isPresent()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("command", name);
            json.put("flags", flags.inForce());
            json.put("connections", settings.connections());
            json.put("result", ResultTable.map(result));
            Files.writeString(Path.of(settings.json().get()), Json.write(json));
        }
        if (result.aborted().isPresent()) {
            throw new AbortedException(result.aborted().get());
        }
        if (result.calls() == 0) {
            throw new AbortedException(
                    "no call succeeded " + new ArrayList<>(result.errors().keySet()));
        }
        return OK;
    }
}
