package io.metastore.service;

import io.metastore.consensus.Proposal;
import io.metastore.machine.Command;
import io.metastore.machine.CommandType;
import io.metastore.machine.Outcome;
import io.metastore.measure.Histogram;
import io.metastore.measure.Outcomes;
import io.metastore.mvcc.RangeQuery;
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
    private final SlowRequests slow;
    private final Histogram hashes = Histogram.ofSeconds(10_000_000, 15);
    private final Histogram stateHashes = Histogram.ofSeconds(10_000_000, 15);

    /// @param slow told of every request
    public RequestMetrics(SlowRequests slow) {
        this.slow = slow;
    }

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

    /// A command went through the log, or failed on the way. A refusal is no failure here: it was agreed on like any
    /// other outcome.
    void wrote(Command<?> command, Proposal.Times times, boolean agreed) {
        writes[CommandType.of(command).ordinal()].record(agreed, times.total());
        slow.wrote(command, times, agreed);
    }

    /// The queue did not take a command.
    void refused(Command<?> command) {
        writes[CommandType.of(command).ordinal()].record(false, 0);
    }

    /// A range was read from a view.
    ///
    /// @param waitedNanos until it could be read
    void rangeRead(RangeQuery query, Outcome<?> outcome, long waitedNanos, long nanos) {
        boolean done = outcome instanceof Outcome.Done<?>;
        ranges.record(done, nanos);
        rangeRequests.record(done, waitedNanos + nanos);
        if (nanos > SLOW_NANOS) {
            slowRanges.increment();
        }
        slow.read(query, waitedNanos, nanos);
    }

    /// A transaction that only reads was answered.
    void txnRead(Outcome<?> outcome, long nanos) {
        readTxns.record(outcome instanceof Outcome.Done<?>, nanos);
        slow.readTxn(nanos);
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

    /// Times that it took to hash all that is stored.
    public Histogram stateHashes() {
        return stateHashes;
    }

    /// Times that it took to hash the history up to a revision.
    public Histogram hashes() {
        return hashes;
    }
}
