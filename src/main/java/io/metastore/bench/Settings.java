package io.metastore.bench;

import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import io.metastore.client.UsageException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What all workloads share, read from the flags.
///
/// @param warmup  calls or time before measuring
/// @param rate    calls per second; 0 for a closed loop
record Settings(
        List<Endpoint> endpoints,
        Security security,
        int clients,
        int connections,
        int threads,
        Pace.Limit limit,
        Pace.Limit warmup,
        double rate,
        Duration patience,
        long seed,
        Optional<String> json,
        boolean progress) {

    private static final int CLIENTS_PER_CONNECTION = 10;
    private static final int MOST_CONNECTIONS_BY_DEFAULT = 100;

    /// @param endpoints  where the servers are; not read from the flags, because the null server brings its own
    static Settings read(Flags flags, List<Endpoint> endpoints, Security security) {
        int clients = flags.count("clients", 1, 1_000_000);
        int connections = flags.has("connections")
                ? flags.count("connections", 1, 10_000)
                : Math.clamp(
                        (clients + CLIENTS_PER_CONNECTION - 1) / CLIENTS_PER_CONNECTION,
                        endpoints.size(),
                        MOST_CONNECTIONS_BY_DEFAULT);
        if (flags.has("total") && flags.has("duration")) {
            throw new UsageException("--total and --duration exclude each other");
        }
        return new Settings(
                endpoints,
                security,
                clients,
                connections,
                Math.min(flags.count("threads", 1, 64), connections),
                flags.has("total")
                        ? Pace.Limit.calls(flags.number("total", 1, Long.MAX_VALUE))
                        : Pace.Limit.time(flags.time("duration")),
                warmup(flags),
                flags.number("rate", 0, 10_000_000),
                flags.time("patience"),
                flags.number("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                Optional.of(flags.text("json")).filter(file -> !file.isEmpty()),
                !flags.on("quiet"));
    }

    private static Pace.Limit warmup(Flags flags) {
        return Flags.duration(flags.text("warmup"))
                .map(Pace.Limit::time)
                .orElseGet(() -> Pace.Limit.calls(flags.number("warmup", 0, Long.MAX_VALUE)));
    }

    Driver.Phase measured() {
        return new Driver.Phase("measure", clients, limit, rate, patience, progress);
    }

    Driver.Phase warming() {
        return new Driver.Phase("warm-up", clients, warmup, rate, patience, progress);
    }
}
