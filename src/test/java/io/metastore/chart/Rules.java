package io.metastore.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The alerts that the chart brings.
final class Rules {
    static final Path FILE = Path.of("deploy/k8s/metastore/files/rules.yaml");

    private static final Pattern SERIES = Pattern.compile("([a-z][a-z0-9_]*)\\{job=");
    /// What Prometheus knows of a member without asking it.
    private static final String UP = "up";

    private Rules() {}

    static List<String> alerts() throws IOException {
        return Chart.list(Chart.at(Chart.objects(Files.readString(FILE)).getFirst(), "groups")).stream()
                .flatMap(group -> Chart.list(Chart.at(group, "rules")).stream())
                .map(rule -> (String) Chart.at(rule, "alert"))
                .toList();
    }

    /// Metrics that the alerts look at, a histogram's without what a series of it adds to its name.
    static Set<String> metrics() throws IOException {
        Set<String> metrics = new TreeSet<>();
        Matcher series = SERIES.matcher(Files.readString(FILE));
        while (series.find()) {
            metrics.add(series.group(1).replaceAll("_bucket$", ""));
        }
        metrics.remove(UP);
        return metrics;
    }
}
