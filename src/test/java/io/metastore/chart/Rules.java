package io.metastore.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The alerts that the chart brings.
final class Rules {
    static final Path FILE = Path.of("deploy/k8s/metastore/files/rules.yaml");

    private static final Pattern SERIES = Pattern.compile("[a-z][a-z0-9_]*\\{job=\"metastore\"\\}");

    private Rules() {}

    static List<String> alerts() throws IOException {
        return Chart.list(Chart.at(Chart.objects(Files.readString(FILE)).getFirst(), "groups")).stream()
                .flatMap(group -> Chart.list(Chart.at(group, "rules")).stream())
                .map(rule -> (String) Chart.at(rule, "alert"))
                .toList();
    }

    /// The file, with times that a test can wait for: what is looked at and why it fires stays as it is.
    static String hasty() throws IOException {
        return Files.readString(FILE)
                .replaceAll("(?m)^        for: .*$", "        for: 5s")
                .replace("[5m]", "[20s]")
                .replace("[15m]", "[60s]");
    }

    /// The series that alerts look at; all but those of alarms have a value as long as members run.
    static List<String> looksAt() throws IOException {
        List<String> all = new ArrayList<>();
        Matcher series = SERIES.matcher(Files.readString(FILE));
        while (series.find()) {
            all.add(series.group());
        }
        return all;
    }
}
