package io.metastore.bench;

import io.metastore.client.Security;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Lets each side live several times, in turn: A B C A B C …. Each life is a new process on an empty data directory
/// that is asked from its first second on, at a rate that leaves it idle most of the time, and then ended: what a
/// program does before it is warm counts whole.
final class ColdComparison {
    private static final int CLIENTS = 20;
    private static final int CONNECTIONS = 2;

    /// Calls that let the driver itself be compiled before its latencies count.
    private static final long DRIVER_CALLS = 20_000;

    /// @param pairs  lives of each side
    /// @param calls  of each life
    /// @param rate   calls per second of all clients together
    record Plan(int pairs, long calls, double rate, int valueSize, long seed, Duration patience) {}

    private final Plan plan;
    private final Map<Side, Path> programs;
    private final Path folder;
    private final PrintStream err;
    private final List<ColdRun> runs = new ArrayList<>();
    private final Map<String, List<String>> commands = new LinkedHashMap<>();

    /// @param programs  what each side runs, in the order in which they take turns
    /// @param folder    where their output and their data go
    ColdComparison(Plan plan, Map<Side, Path> programs, Path folder, PrintStream err) {
        this.plan = plan;
        this.programs = programs;
        this.folder = folder;
        this.err = err;
    }

    /// Every life so far, in the order in which they were lived; none is ever taken back.
    List<ColdRun> runs() {
        return runs;
    }

    /// The command line of each side's last life, by the side's name.
    Map<String, List<String>> commands() {
        return commands;
    }

    /// @throws AbortedException when a server does not start or stops answering; the lives until then stay
    void run() throws IOException {
        warmDriver();
        for (int pair = 0; pair < plan.pairs(); pair++) {
            for (Side side : programs.keySet()) {
                runs.add(live(side, pair));
            }
        }
    }

    private void warmDriver() throws IOException {
        Side first = programs.keySet().iterator().next();
        try (ServerProcess server = start(first)) {
            drive(server, Pace.Limit.calls(DRIVER_CALLS), 0);
        }
    }

    private ColdRun live(Side side, int pair) throws IOException {
        try (ServerProcess server = start(side)) {
            ProcessUsage starting = server.usage();
            RunResult result = drive(server, Pace.Limit.calls(plan.calls()), plan.rate());
            ProcessUsage loaded = server.usage().since(starting);
            ColdRun run = new ColdRun(side.name(), pair, server.startTime(), starting, loaded, result);
            StringBuilder line = new StringBuilder(String.format("%-14s %3d", side.name(), pair + 1));
            for (ColdFigure figure : ColdFigure.values()) {
                line.append("  ").append(figure.title()).append(' ').append(figure.text(figure.of(run)));
            }
            err.printf(
                    "%s  refused %d errors %d unsent %d%n", line, result.refused(), result.failed(), result.unsent());
            return run;
        }
    }

    private ServerProcess start(Side side) throws IOException {
        Path data = folder.resolve("data").resolve(side.name());
        CompareCommand.deleteAll(data);
        Files.createDirectories(data.getParent());
        ServerProcess server =
                ServerProcess.start(side, programs.get(side), data, folder.resolve(side.name() + ".log"), 0);
        commands.put(side.name(), server.command());
        return server;
    }

    private RunResult drive(ServerProcess server, Pace.Limit limit, double rate) {
        try (Connections connections =
                Connections.open(List.of(server.endpoint()), Security.NONE, CONNECTIONS, 1, plan.patience())) {
            ColdLoad load = new ColdLoad(new Payload(plan.valueSize(), plan.seed()), plan.seed());
            RunResult result = new Driver(connections, load, err)
                    .run(new Driver.Phase("cold", CLIENTS, limit, rate, plan.patience(), false));
            result.aborted().ifPresent(why -> {
                throw new AbortedException(server.side().name() + (server.alive() ? ": " : " died: ") + why);
            });
            return result;
        }
    }
}
