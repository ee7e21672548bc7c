package io.metastore.chart;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The dashboard that the chart brings.
final class Dashboard {
    private static final Path FILE = Path.of("deploy/k8s/metastore/files/dashboard.json");

    /// @param expr as it stands in the file
    record Target(String panel, String expr) {

        /// The expression with Grafana's variables filled in.
        String filled(String job, String interval) {
            return expr.replace("$job", job).replace("$__rate_interval", interval);
        }
    }

    private Dashboard() {}

    static JsonObject json() throws IOException {
        return JsonParser.parseString(Files.readString(FILE)).getAsJsonObject();
    }

    /// Panels that show something; rows only part them.
    static List<JsonObject> panels() throws IOException {
        List<JsonObject> panels = new ArrayList<>();
        for (JsonElement panel : json().getAsJsonArray("panels")) {
            if (!panel.getAsJsonObject().get("type").getAsString().equals("row")) {
                panels.add(panel.getAsJsonObject());
            }
        }
        return panels;
    }

    static List<Target> targets() throws IOException {
        List<Target> targets = new ArrayList<>();
        for (JsonObject panel : panels()) {
            JsonArray all = panel.getAsJsonArray("targets");
            for (JsonElement one : all) {
                targets.add(new Target(
                        panel.get("title").getAsString(),
                        one.getAsJsonObject().get("expr").getAsString()));
            }
        }
        return targets;
    }
}
