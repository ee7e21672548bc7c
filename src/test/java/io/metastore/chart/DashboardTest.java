package io.metastore.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The dashboard as a file. What it shows of members that run is `MonitoringIT`'s.
class DashboardTest {
    private static final Pattern COUNTER = Pattern.compile("[a-z_]+_(total|bucket|sum|count)\\{");
    /// Counted by etcd under names of counters, and yet how many there are now.
    private static final Set<String> GAUGES =
            Set.of("etcd_debugging_mvcc_watcher_total{", "etcd_debugging_mvcc_pending_events_total{");

    @Test
    void everyPanelSaysWhatItShowsAndInWhat() throws IOException {
        Set<Integer> ids = new HashSet<>();
        for (JsonObject panel : Dashboard.panels()) {
            String title = panel.get("title").getAsString();
            assertTrue(ids.add(panel.get("id").getAsInt()), title);
            assertFalse(panel.get("description").getAsString().isBlank(), title);
            assertFalse(
                    panel.getAsJsonObject("fieldConfig")
                            .getAsJsonObject("defaults")
                            .get("unit")
                            .getAsString()
                            .isBlank(),
                    title);
            for (JsonElement target : panel.getAsJsonArray("targets")) {
                assertEquals(
                        "${datasource}",
                        target.getAsJsonObject()
                                .getAsJsonObject("datasource")
                                .get("uid")
                                .getAsString(),
                        title);
            }
        }
        assertTrue(ids.size() > 30, () -> ids.size() + " panels");
        assertEquals("metastore", Dashboard.json().get("uid").getAsString());
    }

    /// A counter by itself only grows; and an interval of its own would show nothing beside a slow scrape.
    @Test
    void countersAreShownAsRatesOverGrafanasInterval() throws IOException {
        for (Dashboard.Target target : Dashboard.targets()) {
            assertTrue(target.expr().contains("{job=\"$job\""), target::toString);
            List<String> counters = COUNTER.matcher(target.expr())
                    .results()
                    .map(found -> found.group())
                    .filter(name -> !GAUGES.contains(name))
                    .filter(name -> !name.startsWith("etcd_server_proposals_"))
                    .toList();
            for (String counter : counters) {
                assertTrue(
                        target.expr().contains("rate(" + counter)
                                || target.expr().contains("increase(" + counter),
                        target::toString);
            }
            assertEquals(
                    target.expr().split("rate\\(", -1).length,
                    target.expr().split("\\[\\$__rate_interval\\]", -1).length,
                    target::toString);
        }
    }

    @Test
    void theSidecarGetsItWhole() throws IOException {
        String rendered = Chart.render(Map.of("metrics.dashboard.enabled", true));
        Object map = Chart.object(rendered, "ConfigMap", "my-metastore-dashboard");

        assertEquals("1", Chart.at(map, "metadata", "labels", "grafana_dashboard"));
        assertEquals(Dashboard.json(), JsonParser.parseString((String) Chart.at(map, "data", "metastore.json")));
    }
}
