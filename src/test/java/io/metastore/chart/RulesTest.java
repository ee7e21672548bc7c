package io.metastore.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The alerts: each fires for its reason by Prometheus' own test, has a section that says what to do, and gets to
/// Prometheus' operator whole.
class RulesTest {
    private static final String SECTION = "## ";

    @Test
    void eachFiresForItsReasonAndNoneWithoutOne() throws Exception {
        Path promtool = Prometheus.program("promtool");
        Process process = new ProcessBuilder(promtool.toString(), "test", "rules", "src/test/rules/alerts.yaml")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), said);
    }

    /// What is in no test would fire for anything, or for nothing.
    @Test
    void eachIsInThatTest() throws IOException {
        String tests = Files.readString(Path.of("src/test/rules/alerts.yaml"));
        List<String> missing = Rules.alerts().stream()
                .filter(alert -> !tests.contains("alertname: " + alert + "\n"))
                .toList();

        assertEquals(List.of(), missing);
    }

    @Test
    void eachHasASectionThatSaysWhatToDo() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("docs/alerts.md"))) {
            List<String> sections = lines.filter(line -> line.startsWith(SECTION))
                    .map(line -> line.substring(SECTION.length()))
                    .toList();
            assertEquals(Rules.alerts(), sections);
        }
    }

    @Test
    void theOperatorGetsThemForTheJobOfTheMonitor() throws IOException {
        Map<String, Boolean> enabled =
                Map.of("metrics.podMonitor.enabled", true, "metrics.prometheusRule.enabled", true);
        Object rule = Chart.object(Chart.render(enabled), "PrometheusRule", "my-metastore");
        Object rules = Chart.at(Chart.list(Chart.at(rule, "spec", "groups")).getFirst(), "rules");
        List<String> names = new ArrayList<>();
        for (Object one : Chart.list(rules)) {
            names.add((String) Chart.at(one, "alert"));
            String expr = (String) Chart.at(one, "expr");
            assertTrue(expr.contains("job=\"store/my-metastore\""), expr);
            assertFalse(expr.contains("job=\"metastore\""), expr);
            assertTrue(((String) Chart.at(one, "annotations", "summary")).contains("{{ $labels."), one::toString);
        }
        assertEquals(new TreeSet<>(Rules.alerts()), new TreeSet<>(names));

        Map<String, Object> without = new HashMap<>(enabled);
        without.put("metrics.prometheusRule.disabled[0]", "MetaStoreDiskSlow");
        String fewer = Chart.render(without);
        assertFalse(fewer.contains("MetaStoreDiskSlow"), fewer);
        assertTrue(fewer.contains("MetaStoreNoLeader"), fewer);
    }

    @Test
    void withoutAMonitorThereIsNothingToWatch() {
        String said = assertThrows(
                        IllegalStateException.class, () -> Chart.render(Map.of("metrics.prometheusRule.enabled", true)))
                .getMessage();
        assertTrue(said.contains("metrics.prometheusRule.enabled needs metrics.podMonitor.enabled"), said);
    }
}
