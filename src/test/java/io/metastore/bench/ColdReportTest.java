package io.metastore.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ColdReportTest {
    private static final Side ETCD = Side.parse("etcd=etcd");
    private static final Side AGAIN = Side.parse("again=etcd");
    private static final Side JAR = Side.parse("jar=metastore@/opt/metastore -J-Xmx1g");

    /// A life whose start took `starting` ms of CPU and whose calls took `loaded`; each kind of call took `millis`.
    private static ColdRun run(Side side, int pair, long starting, long loaded, long... millis) {
        Map<String, Histogram> latencies = new LinkedHashMap<>();
        for (int kind = 0; kind < ColdLoad.KINDS.size(); kind++) {
            Histogram histogram = Tally.histogram();
            if (millis[kind] > 0) {
                // Two calls whose mean it is: a median would tell another figure.
                histogram.recordValue(millis[kind] * 1_000_000 / 2);
                histogram.recordValue(millis[kind] * 1_000_000 * 3 / 2);
            }
            latencies.put(ColdLoad.KINDS.get(kind), histogram);
        }
        return new ColdRun(
                side.name(),
                pair,
                Duration.ofMillis(starting * 2),
                new ProcessUsage(starting * 1_000_000, 0, 0),
                new ProcessUsage(loaded * 1_000_000, 100 << 20, 0),
                new RunResult(latencies, 1, 1, 0, Map.of(), 0, 0, Map.of(), Optional.empty()));
    }

    private static ColdReport report() {
        List<ColdRun> runs = new ArrayList<>();
        // The machine is three times slower in the second pair: pair by pair the jar takes twice the CPU.
        runs.add(run(ETCD, 0, 100, 2_000, 2, 4, 1));
        runs.add(run(AGAIN, 0, 100, 2_000, 2, 4, 1));
        runs.add(run(JAR, 0, 1_000, 4_000, 3, 4, 0));
        runs.add(run(ETCD, 1, 300, 6_000, 4, 4, 3));
        runs.add(run(AGAIN, 1, 300, 6_600, 4, 4, 3));
        runs.add(run(JAR, 1, 3_000, 12_000, 8, 4, 0));
        return new ColdReport(
                Map.of("--pairs", "2"),
                List.of(ETCD, AGAIN, JAR),
                Map.of("jar", List.of("/opt/metastore", "server")),
                runs);
    }

    @Test
    void livesAreComparedPairByPair() {
        ColdReport report = report();
        assertEquals(
                "2.00 (2.00–2.00)", report.ratio(JAR, ColdFigure.CPU_OF_CALLS).toString());
        assertEquals(
                "10.00 (10.00–10.00)",
                report.ratio(JAR, ColdFigure.CPU_OF_START).toString());
        assertEquals(5.0 / 2.1, report.ratio(JAR, ColdFigure.CPU).median(), 1e-9);
        Ratio put = report.ratio(JAR, ColdFigure.PUT);
        assertEquals(1.75, put.median(), 0.01);
        assertEquals(1.5, put.least(), 0.01);
        assertEquals(2.0, put.most(), 0.01);
    }

    @Test
    void theReportHasTheTwinsAsErrorBarsAndEveryLife() {
        String text = report().markdown();
        assertTrue(text.contains("| again (the same program, the error bars of this run) | 1.05 (1.00–1.10) |"), text);
        assertTrue(text.contains("| jar | 2.00 (2.00–2.00) | 10.00 (10.00–10.00) |"), text);
        assertTrue(text.contains("| etcd | 4.00 | 0.20 | 4.20 | 0.40 | 3.00 | 4.00 | 2.00 | 100 |"), text);
        assertTrue(text.contains("- side jar: `/opt/metastore server` with JVM options `-Xmx1g`"), text);
        assertEquals(
                6,
                text.lines()
                        .filter(line -> line.matches("\\| [a-z]+ \\| [12] \\|.*"))
                        .count(),
                text);
        assertTrue(Json.write(report().map()).contains("\"CPU of the calls, s\": ["));
    }

    @Test
    void aKindWithoutAnAnswerHasNoMean() {
        String jar = report().markdown()
                .lines()
                .filter(line -> line.startsWith("| jar | 8.00 |"))
                .findFirst()
                .orElseThrow();
        assertTrue(jar.endsWith("| – | 100 |"), jar);
    }
}
