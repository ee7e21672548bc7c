package io.metastore.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/// A result for people and, as nested maps, for scripts.
final class ResultTable {
    private static final double[] PERCENTILES = {50, 90, 99, 99.9};

    private ResultTable() {}

    static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f ms", nanos / 1e6);
    }

    static String text(RunResult result) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%-12s %12s %12s %11s %11s %11s %11s %11s%n",
                "call",
                "calls",
                "calls/s",
                "p50 ms",
                "p90 ms",
                "p99 ms",
                "p99.9 ms",
                "max ms"));
        result.latencies().forEach((kind, latencies) -> text.append(row(kind, latencies, result.wallNanos())));
        text.append(String.format(
                Locale.ROOT,
                "%.2f s, refused %,d, errors %,d, unanswered %,d, unsent %,d; the driver's own CPU %.1f µs per call%n",
                result.wallNanos() / 1e9,
                result.refused(),
                result.failed(),
                result.unanswered(),
                result.unsent(),
                result.ownCpuMicros()));
        result.figures()
                .forEach((name, value) -> text.append("  ")
                        .append(name)
                        .append(": ")
                        .append(value)
                        .append('\n'));
        result.errors()
                .forEach((error, count) -> text.append("  ")
                        .append(count)
                        .append(" × ")
                        .append(error)
                        .append('\n'));
        if (result.unsent() > 0) {
            text.append("  the server did not keep up with the rate: latencies leave out the unsent calls\n");
        }
        return text.toString();
    }

    private static String row(String kind, Histogram latencies, long wallNanos) {
        StringBuilder row = new StringBuilder(String.format(
                Locale.ROOT,
                "%-12s %,12d %,12.1f",
                kind,
                latencies.getTotalCount(),
                latencies.getTotalCount() * 1e9 / Math.max(1, wallNanos)));
        for (double percentile : PERCENTILES) {
            row.append(String.format(Locale.ROOT, " %11.3f", latencies.getValueAtPercentile(percentile) / 1e6));
        }
        return row.append(String.format(Locale.ROOT, " %11.3f%n", latencies.getMaxValue() / 1e6))
                .toString();
    }

    static Map<String, Object> map(RunResult result) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("seconds", result.wallNanos() / 1e9);
        map.put("calls", result.calls());
        map.put("callsPerSecond", result.perSecond());
        map.put("refused", result.refused());
        map.put("errors", result.errors());
        map.put("unanswered", result.unanswered());
        map.put("unsent", result.unsent());
        map.put("driverCpuMicrosPerCall", result.ownCpuMicros());
        map.put("figures", result.figures());
        Map<String, Object> latencies = new LinkedHashMap<>();
        result.latencies().forEach((kind, histogram) -> latencies.put(kind, latency(histogram)));
        map.put("latencyMillis", latencies);
        map.put("aborted", result.aborted().orElse(null));
        return map;
    }

    private static Map<String, Object> latency(Histogram histogram) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("count", histogram.getTotalCount());
        map.put("mean", histogram.getTotalCount() == 0 ? 0 : histogram.getMean() / 1e6);
        map.put("min", histogram.getMinValue() / 1e6);
        for (double percentile : PERCENTILES) {
            String name = "p" + (percentile == Math.rint(percentile) ? String.valueOf((int) percentile) : percentile);
            map.put(name, histogram.getValueAtPercentile(percentile) / 1e6);
        }
        map.put("max", histogram.getMaxValue() / 1e6);
        return map;
    }
}
