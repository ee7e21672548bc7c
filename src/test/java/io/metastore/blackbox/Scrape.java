package io.metastore.blackbox;

import java.util.HashMap;
import java.util.Map;

/// One reading of a page of metrics in Prometheus' text format.
///
/// @param samples value by name with labels, as they stand on the page
record Scrape(Map<String, Double> samples) {

    static Scrape parse(String page) {
        Map<String, Double> samples = new HashMap<>();
        page.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
            int space = line.lastIndexOf(' ');
            samples.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
        });
        return new Scrape(samples);
    }

    /// The sum over all labels of a metric that must be on the page.
    double sum(String name) {
        return samples.entrySet().stream()
                .filter(sample ->
                        sample.getKey().equals(name) || sample.getKey().startsWith(name + "{"))
                .mapToDouble(Map.Entry::getValue)
                .reduce(Double::sum)
                .orElseThrow(() -> new AssertionError(name + " is not on the page"));
    }

    /// The value of a counter or gauge that counts things, summed over all labels.
    long count(String name) {
        return Math.round(sum(name));
    }
}
