package io.metastore.bench;

import io.metastore.client.Endpoint;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// Runs a scenario on several servers in turn: A B C A B C …, the others idle meanwhile. What disturbs the
/// machine then disturbs all of them, and the
/// ratio of neighbouring rounds cancels it; one server after the other would compare two different machines.
final class Comparison {
    private static final int CLIENTS_PER_CONNECTION = 10;
    private static final int MOST_CONNECTIONS = 100;

    /// @param warmRounds  rounds of each scenario that count for nothing
    /// @param rounds      rounds that count
    /// @param length      of a round
    /// @param warmCalls   puts, and then as many linearizable reads, of each side before the first scenario:
    ///     a JVM compiles meanwhile
    record Plan(int warmRounds, int rounds, Duration length, long warmCalls, Duration patience, int threads) {}

    private final Plan plan;
    private final List<ServerGroup> servers;
    private final PrintStream err;
    private final List<Round> rounds = new ArrayList<>();
    private final Set<String> notes = new LinkedHashSet<>();

    Comparison(Plan plan, List<ServerGroup> servers, PrintStream err) {
        this.plan = plan;
        this.servers = servers;
        this.err = err;
    }

    /// Every round so far, in the order in which they ran; none is ever taken back.
    List<Round> rounds() {
        return rounds;
    }

    /// What happened that the figures do not say.
    Set<String> notes() {
        return notes;
    }

    /// Lets each server see so many puts and reads that its hot code is compiled.
    void warm(Scenario puts, Scenario reads) {
        for (ServerGroup server : servers) {
            for (Scenario scenario : List.of(puts, reads)) {
                try (Connections connections = connect(server, server.endpoints(), scenario.clients())) {
                    Driver.Phase phase = new Driver.Phase(
                            "warm " + server.side().name(),
                            scenario.clients(),
                            Pace.Limit.calls(plan.warmCalls()),
                            0,
                            plan.patience(),
                            false);
                    RunResult result = scenario.prepare().on(connections, err).apply(phase);
                    err.printf(
                            "warm-up  %-14s %-12s %,9.0f/s%n",
                            server.side().name(), scenario.counted(), result.perSecond());
                    stopIfAborted(server, result);
                }
            }
        }
    }

    /// Runs all rounds of a scenario.
    ///
    /// @throws AbortedException when a server stops answering; the rounds until then stay
    void run(Scenario scenario) throws IOException {
        List<Contender> contenders = new ArrayList<>();
        try {
            for (ServerGroup server : servers) {
                contenders.add(new Contender(server, scenario));
            }
            for (int number = -plan.warmRounds(); number < plan.rounds(); number++) {
                for (Contender contender : contenders) {
                    contender.round(number);
                }
            }
        } finally {
            for (Contender contender : contenders) {
                contender.close();
            }
        }
    }

    private static void stopIfAborted(ServerGroup server, RunResult result) {
        result.aborted().ifPresent(why -> {
            throw new AbortedException(server.side().name() + (server.alive() ? ": " : " died: ") + why);
        });
    }

    private Connections connect(ServerGroup server, List<Endpoint> endpoints, int clients) {
        int count = Math.clamp(
                (clients + CLIENTS_PER_CONNECTION - 1) / CLIENTS_PER_CONNECTION, endpoints.size(), MOST_CONNECTIONS);
        return Connections.open(endpoints, server.security(), count, Math.min(plan.threads(), count), plan.patience());
    }

    /// One side in one scenario. A finished round waits for the side's next one, to learn what the server did
    /// while it was idle.
    private final class Contender implements AutoCloseable {
        private final ServerGroup server;
        private final Scenario scenario;
        private final List<Endpoint> called;
        private final Connections connections;
        private final Function<Driver.Phase, RunResult> driver;
        private Round last;
        private ProcessUsage atLastStart;

        Contender(ServerGroup server, Scenario scenario) {
            this.server = server;
            this.scenario = scenario;
            this.called = server.endpoints();
            this.connections = connect(server, called, scenario.clients());
            this.driver = scenario.prepare().on(connections, err);
        }

        void round(int number) throws IOException {
            boolean warm = number < 0;
            if (number == 0) {
                server.forgetPeak();
            }
            ProcessUsage start = server.usage();
            settle(start);
            RunResult result = driver.apply(new Driver.Phase(
                    scenario.name(),
                    scenario.clients(),
                    Pace.Limit.time(plan.length()),
                    scenario.rate(),
                    plan.patience(),
                    false));
            ProcessUsage used = server.usage().since(start);
            last = new Round(
                    scenario.name(), server.side().name(), number, warm, scenario.counted(), result, used, used);
            atLastStart = start;
            err.printf(
                    "%-18s %-14s %s %,9.0f/s  p50 %8.2f ms  p99 %8.2f ms  %6.1f µs/op  refused %d errors %d%n",
                    scenario.name(),
                    server.side().name(),
                    warm ? "warm" : "  " + (number + 1) + " ",
                    last.perSecond(),
                    last.millis(50),
                    last.millis(99),
                    last.cpuMicros(used),
                    result.refused(),
                    result.failed());
            stopIfAborted(server, result);
            server.awaitCalm();
            noteNewLeader(number);
        }

        /// Connections stay where they are; whoever reads the figures has to know.
        private void noteNewLeader(int number) {
            if (!server.stillLed(called)) {
                String note = scenario.name() + " " + server.side().name() + ": another member leads since round "
                        + (number + 1);
                notes.add(note);
                err.println(note);
            }
        }

        private void settle(ProcessUsage now) {
            if (last != null) {
                rounds.add(new Round(
                        last.scenario(),
                        last.side(),
                        last.number(),
                        last.warm(),
                        last.counted(),
                        last.result(),
                        last.during(),
                        now.since(atLastStart)));
                last = null;
            }
        }

        @Override
        public void close() throws IOException {
            connections.close();
            if (last != null) {
                settle(server.alive() ? server.usage() : atLastStart);
            }
        }
    }
}
