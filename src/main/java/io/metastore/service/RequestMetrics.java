package io.metastore.service;

import io.metastore.machine.Command;
import io.metastore.machine.CommandType;
import io.metastore.machine.Outcome;
import io.metastore.measure.Histogram;
import io.metastore.measure.Outcomes;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/// How long requests take here, by their kind, writes from the moment that the proposal queue accepted them.
public final class RequestMetrics {
    /// What etcd calls slow, with its defaults.
    private static final long SLOW_NANOS = 100_000_000;

    private final Outcomes rangeRequests = request();
    private final Outcomes readTxns = request();
    /// By the ordinal of [CommandType].
    private final Outcomes[] writes =
            Arrays.stream(CommandType.values()).map(_ -> request()).toArray(Outcomes[]::new);
    private final Outcomes ranges = Outcomes.ofSeconds(100_000, 20);
    private final LongAdder slowRanges = new LongAdder();
    private final Histogram hashes = Histogram.ofSeconds(10_000_000, 15);

    private static Outcomes request() {
        return Outcomes.ofSeconds(1_000_000, 14);
    }

    /// Times of the requests for ranges, waiting for the barrier included.
    Outcomes rangeRequests() {
        return rangeRequests;
    }

    /// Times of the transactions that only read.
    Outcomes readTxns() {
        return readTxns;
    }

    /// Times of what goes through the log. A refusal is no failure here: it was agreed on like any other outcome.
    Outcomes writes(Command<?> command) {
        return writes[CommandType.of(command).ordinal()];
    }

    /// A range was read from a view.
    void rangeRead(Outcome<?> outcome, long nanos) {
        ranges.record(outcome instanceof Outcome.Done<?>, nanos);
        if (nanos > SLOW_NANOS) {
            slowRanges.increment();
        }
    }

    /// Times of requests by etcd's name for their kind.
    public Map<String, Outcomes> requests() {
        Map<String, Outcomes> byName = new TreeMap<>();
        byName.put("Range", rangeRequests);
        byName.put("ReadonlyTxn", readTxns);
        for (CommandType type : CommandType.values()) {
            byName.put(type.etcdName(), writes[type.ordinal()]);
        }
        return byName;
    }

    /// Times of reading ranges, without the wait for the barrier.
    public Outcomes ranges() {
        return ranges;
    }

    /// Ranges whose reading took more than 100 ms.
    public long slowRanges() {
        return slowRanges.sum();
    }

    /// Times that it took to hash the history up to a revision.
    public Histogram hashes() {
        return hashes;
    }
}
