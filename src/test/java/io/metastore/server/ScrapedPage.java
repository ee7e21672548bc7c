package io.metastore.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A page of metrics, read back.
final class ScrapedPage {
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:\\\\.|[^\"\\\\])*)\"");

    private final Map<String, String> types = new HashMap<>();
    private final Map<String, List<Sample>> samples = new HashMap<>();

    /// @param labels in the order in which they stand on the page
    record Sample(Map<String, String> labels, double value) {
        /// The labels without the bound of a bucket.
        Map<String, String> series() {
            Map<String, String> series = new HashMap<>(labels);
            series.remove("le");
            return series;
        }
    }

    ScrapedPage(String text) {
        for (String line : text.lines().toList()) {
            if (line.startsWith("# TYPE ")) {
                String[] words = line.split(" ");
                types.put(words[2], words[3]);
            } else if (!line.startsWith("#")) {
                add(line);
            }
        }
    }

    private void add(String line) {
        Matcher sample = SAMPLE.matcher(line);
        if (!sample.matches()) {
            throw new AssertionError("not a sample: " + line);
        }
        Map<String, String> labels = new LinkedHashMap<>();
        if (sample.group(2) != null) {
            Matcher label = LABEL.matcher(sample.group(2));
            while (label.find()) {
                labels.put(label.group(1), label.group(2));
            }
        }
        double value = sample.group(3).equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(sample.group(3));
        samples.computeIfAbsent(sample.group(1), _ -> new ArrayList<>()).add(new Sample(labels, value));
    }

    /// The type of a family, or null.
    String type(String family) {
        return types.get(family);
    }

    /// Samples by their full name, `_bucket` and the like included.
    List<Sample> samples(String name) {
        return samples.getOrDefault(name, List.of());
    }

    /// The value of the one sample with these labels, or NaN.
    double value(String name, Map<String, String> labels) {
        return samples(name).stream()
                .filter(sample -> sample.labels().equals(labels))
                .mapToDouble(Sample::value)
                .findFirst()
                .orElse(Double.NaN);
    }

    double value(String name) {
        return value(name, Map.of());
    }
}
