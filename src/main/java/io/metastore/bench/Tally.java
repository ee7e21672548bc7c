package io.metastore.bench;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/// Counts calls and their latencies while they happen; any thread may read totals and take intervals.
final class Tally {
    /// How a call ended.
    enum Ending {
        OK,
        /// The server said that it has too much to do: it is alive, and nothing was done.
        REFUSED,
        /// The server answered with an error.
        FAILED,
        /// Nobody answered.
        UNREACHABLE
    }

    /// Latencies are kept in nanoseconds with three digits, from 1 µs to an hour.
    private static final long LEAST_NANOS = TimeUnit.MICROSECONDS.toNanos(1);

    private static final long MOST_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final int DIGITS = 3;
    private static final int MOST_ERROR_TEXTS = 50;

    private final List<String> kinds;
    private final List<Recorder> recorders = new ArrayList<>();
    private final List<Histogram> totals = new ArrayList<>();
    private final LongAdder begun = new LongAdder();
    private final LongAdder ok = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder unreachable = new LongAdder();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

    Tally(List<String> kinds) {
        this.kinds = List.copyOf(kinds);
        for (int i = 0; i < kinds.size(); i++) {
            recorders.add(new Recorder(LEAST_NANOS, MOST_NANOS, DIGITS));
            totals.add(histogram());
        }
    }

    static Histogram histogram() {
        return new Histogram(LEAST_NANOS, MOST_NANOS, DIGITS);
    }

    void begun() {
        begun.increment();
    }

    Ending finished(int kind, Status status, long nanos) {
        Ending ending = ending(status);
        switch (ending) {
            case OK -> ok(kind, nanos);
            case REFUSED -> refused.increment();
            case FAILED -> failed.increment();
            case UNREACHABLE -> unreachable.increment();
        }
        if (ending == Ending.FAILED || ending == Ending.UNREACHABLE) {
            String text = text(status);
            String key = errors.size() < MOST_ERROR_TEXTS || errors.containsKey(text) ? text : "other errors";
            errors.computeIfAbsent(key, _ -> new LongAdder()).increment();
        }
        return ending;
    }

    /// A call or an event that went well.
    void ok(int kind, long nanos) {
        recorders.get(kind).recordValue(Math.clamp(nanos, 0, MOST_NANOS));
        ok.increment();
    }

    private static Ending ending(Status status) {
        String description = String.valueOf(status.getDescription());
        if (status.isOk()) {
            return Ending.OK;
        }
        if (description.contains("too many requests")) {
            return Ending.REFUSED;
        }
        return switch (status.getCode()) {
            // A full disk and an oversized message have the same code and will not pass by waiting.
            case RESOURCE_EXHAUSTED ->
                description.contains("space exceeded") || description.contains("maximum size")
                        ? Ending.FAILED
                        : Ending.REFUSED;
            case UNAVAILABLE, CANCELLED, DEADLINE_EXCEEDED -> Ending.UNREACHABLE;
            default -> Ending.FAILED;
        };
    }

    /// An error as the table shows it: the code, what the server said, and the cause where gRPC only says "io
    /// exception".
    static String text(Status status) {
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String detail = cause == null || cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")";
        String description = status.getDescription() == null ? "" : ": " + status.getDescription();
        return (status.getCode() + description + detail).lines().findFirst().orElse("");
    }

    /// Moves what was recorded since the last call into the totals, and returns it (all kinds together).
    Histogram interval() {
        Histogram all = histogram();
        for (int kind = 0; kind < recorders.size(); kind++) {
            Histogram part = recorders.get(kind).getIntervalHistogram();
            totals.get(kind).add(part);
            all.add(part);
        }
        return all;
    }

    /// Latencies by kind, in nanoseconds; the caller has the results to itself when the phase is over.
    Map<String, Histogram> byKind() {
        interval();
        Map<String, Histogram> named = new LinkedHashMap<>();
        for (int kind = 0; kind < kinds.size(); kind++) {
            named.put(kinds.get(kind), totals.get(kind));
        }
        return named;
    }

    long calls() {
        return ok.sum();
    }

    long refusals() {
        return refused.sum();
    }

    long failures() {
        return failed.sum() + unreachable.sum();
    }

    /// Calls to which somebody answered, whatever the answer.
    long answered() {
        return ok.sum() + refused.sum() + failed.sum();
    }

    long outstanding() {
        return begun.sum() - answered() - unreachable.sum();
    }

    Map<String, Long> errors() {
        Map<String, Long> sorted = new TreeMap<>();
        errors.forEach((text, count) -> sorted.put(text, count.sum()));
        return sorted;
    }
}
