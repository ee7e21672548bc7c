package io.metastore.api.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// How the health checks went since the start (MET-08).
public final class HealthCounts {
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final Map<Check, Boolean> last = new ConcurrentHashMap<>();
    private final Map<Ended, LongAdder> ended = new ConcurrentHashMap<>();

    /// One check of one endpoint.
    ///
    /// @param type livez or readyz
    public record Check(String type, String name) implements Comparable<Check> {
        @Override
        public int compareTo(Check other) {
            int byType = type.compareTo(other.type);
            return byType != 0 ? byType : name.compareTo(other.name);
        }
    }

    /// A check and how it ended.
    public record Ended(Check check, boolean passed) {}

    void health(boolean passed) {
        (passed ? successes : failures).increment();
    }

    void checked(Check check, boolean passed) {
        last.put(check, passed);
        ended.computeIfAbsent(new Ended(check, passed), _ -> new LongAdder()).increment();
    }

    /// Times that `/health` answered 200.
    public long successes() {
        return successes.sum();
    }

    /// Times that `/health` answered 503.
    public long failures() {
        return failures.sum();
    }

    /// How each check went the last time.
    public Map<Check, Boolean> last() {
        return new TreeMap<>(last);
    }

    /// How often each check passed and failed.
    public Map<Ended, Long> ended() {
        Map<Ended, Long> counts = new java.util.LinkedHashMap<>();
        ended.forEach((key, count) -> counts.put(key, count.sum()));
        return counts;
    }
}
