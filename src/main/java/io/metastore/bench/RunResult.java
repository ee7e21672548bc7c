package io.metastore.bench;

import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/// What one phase measured, whole or until it was aborted.
///
/// @param latencies     nanoseconds by kind of call, answered calls only
/// @param wallNanos     from the first call due to the last reply
/// @param ownCpuNanos   CPU time of the driver's process meanwhile
/// @param refused       calls that the server refused for having too much to do
/// @param errors        failed calls by text
/// @param unanswered    calls still outstanding at the end
/// @param unsent        calls that were due (open loop) and were not sent, because no client was free
/// @param figures       what only this workload has
/// @param aborted       why the phase ended early
record RunResult(
        Map<String, Histogram> latencies,
        long wallNanos,
        long ownCpuNanos,
        long refused,
        Map<String, Long> errors,
        long unanswered,
        long unsent,
        Map<String, Object> figures,
        Optional<String> aborted) {

    Histogram all() {
        Histogram all = Tally.histogram();
        latencies.values().forEach(all::add);
        return all;
    }

    long calls() {
        return latencies.values().stream().mapToLong(Histogram::getTotalCount).sum();
    }

    double perSecond() {
        return wallNanos == 0 ? 0 : calls() * 1e9 / wallNanos;
    }

    long failed() {
        return errors.values().stream().mapToLong(Long::longValue).sum();
    }

    /// Own CPU per answered call, in microseconds.
    double ownCpuMicros() {
        return calls() == 0 ? 0 : ownCpuNanos / 1e3 / calls();
    }
}
