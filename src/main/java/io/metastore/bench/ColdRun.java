package io.metastore.bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// One life of one side: a new process on an empty data directory, and all its calls from the first on.
///
/// @param pair      0 for the first life of each side, then counting up
/// @param start     from the process's begin to its first answer
/// @param starting  what the server used until that answer
/// @param loaded    what it used from then to the last answer
record ColdRun(String side, int pair, Duration start, ProcessUsage starting, ProcessUsage loaded, RunResult result) {

    /// Mean latency of a kind of call in milliseconds; NaN when no such call was answered.
    double meanMillis(String kind) {
        var latencies = result.latencies().get(kind);
        return latencies.getTotalCount() == 0 ? Double.NaN : latencies.getMean() / 1e6;
    }

    Map<String, Object> map() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("side", side);
        map.put("pair", pair);
        for (ColdFigure figure : ColdFigure.values()) {
            map.put(figure.title(), figure.of(this));
        }
        map.put("result", ResultTable.map(result));
        return map;
    }
}
