package io.metastore.bench;

import io.metastore.client.Security;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Drives a server that does nothing, in this process: the most that the bench can do on this machine, and
/// what a call costs it.
final class NullBench {
    private final PrintStream out;
    private final PrintStream err;

    NullBench(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int run(Flags flags) throws IOException {
        try (NullServer server = NullServer.start()) {
            Settings settings = Settings.read(flags, List.of(server.endpoint()), Security.NONE);
            Keys keys = new Keys(
                    Keys.ROOT + "null/",
                    flags.count("key-size", 1, 32_768),
                    flags.number("key-space", 1, 1_000_000_000_000L));
            Workload load = flags.oneOf("reach", List.of("put", "range")).equals("put")
                    ? new PutLoad(
                            keys,
                            new Payload(flags.count("value-size", 0, 1 << 28), settings.seed()),
                            false,
                            settings.seed())
                    : new RangeLoad(keys, RangeLoad.Reach.KEY, 0, false, settings.seed());
            try (Connections connections = Connections.open(
                    settings.endpoints(),
                    Security.NONE,
                    settings.connections(),
                    settings.threads(),
                    settings.patience())) {
                Driver driver = new Driver(connections, load, err);
                if (!settings.warmup().none()) {
                    driver.run(settings.warming());
                }
                long driverCpu = ThreadCpu.nanos("bench-");
                long serverCpu = ThreadCpu.nanos("null-server");
                RunResult result = driver.run(settings.measured());
                report(
                        settings,
                        result,
                        (ThreadCpu.nanos("bench-") - driverCpu) / 1e3 / Math.max(1, result.calls()),
                        (ThreadCpu.nanos("null-server") - serverCpu) / 1e3 / Math.max(1, result.calls()));
            }
        }
        return 0;
    }

    private void report(Settings settings, RunResult result, double driverMicros, double serverMicros)
            throws IOException {
        out.print(ResultTable.text(result));
        out.printf(
                Locale.ROOT,
                "against a server that does nothing: %,.0f calls/s; CPU per call: driver %.1f µs, server %.1f µs, whole process with collector and compiler %.1f µs%n",
                result.perSecond(),
                driverMicros,
                serverMicros,
                result.ownCpuMicros());
        if (settings.json().isPresent()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("command", "null");
            json.put("driverThreadsCpuMicrosPerCall", driverMicros);
            json.put("serverThreadsCpuMicrosPerCall", serverMicros);
            json.put("result", ResultTable.map(result));
            Files.writeString(Path.of(settings.json().get()), Json.write(json));
        }
    }
}
