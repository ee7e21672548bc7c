package io.metastore.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/// One round of one side.
///
/// @param counted    the kind of call that counts as an operation: puts, or the events of a watch
/// @param warm       whether it only warms up, and counts for nothing
/// @param during     what the server used in the round
/// @param untilNext  the same and what it used while the others had their round: work that it had put off
record Round(
        String scenario,
        String side,
        int number,
        boolean warm,
        String counted,
        RunResult result,
        ProcessUsage during,
        ProcessUsage untilNext) {

    private Histogram latencies() {
        return result.latencies().get(counted);
    }

    long operations() {
        return latencies().getTotalCount();
    }

    double perSecond() {
        return result.wallNanos() == 0 ? 0 : operations() * 1e9 / result.wallNanos();
    }

    double millis(double percentile) {
        return latencies().getValueAtPercentile(percentile) / 1e6;
    }

    double cpuMicros(ProcessUsage usage) {
        return operations() == 0 ? 0 : usage.cpuNanos() / 1e3 / operations();
    }

    double bytesPerCall(ProcessUsage usage) {
        return operations() == 0 ? 0 : (double) usage.writtenBytes() / operations();
    }

    Map<String, Object> map() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("scenario", scenario);
        map.put("side", side);
        map.put("round", number);
        map.put("warm", warm);
        map.put("operations", operations());
        for (Figure figure : Figure.values()) {
            map.put(figure.title(), figure.of(this));
        }
        map.put("result", ResultTable.map(result));
        return map;
    }
}
