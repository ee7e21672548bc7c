package io.metastore.service;

import io.metastore.consensus.Proposal;
import io.metastore.machine.Command;
import io.metastore.machine.CommandType;
import io.metastore.measure.RareLine;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/// Says of requests that took long where their time went. Each kind has a line in ten seconds at most, which tells how
/// many there were: a store that is slow must not be kept from recovering by its log. Lines show keys and never values.
///
/// ```
/// slow write: Put of app/a took 512 ms: 2 ms in the queue, 480 ms until it was agreed on, 30 ms to apply and write
/// slow range: app/ to app0 took 350 ms: 300 ms until it could be read, 50 ms to read (12 such ranges since the last
/// line)
/// ```
///
/// Any thread may tell it of requests.
public final class SlowRequests {
    private static final int KEY_BYTES = 64;

    private final long limitNanos;
    private final Consumer<String> lines;
    private final RareLine writes = new RareLine();
    private final RareLine ranges = new RareLine();
    private final RareLine txns = new RareLine();
    private final RareLine chunks = new RareLine();
    private final long chunkLimitNanos;

    /// @param limit      of a request; zero or less for none
    /// @param chunkLimit of commands that are applied and written together; zero or less for none
    public SlowRequests(Duration limit, Duration chunkLimit, Consumer<String> lines) {
        this.limitNanos = nanos(limit);
        this.chunkLimitNanos = nanos(chunkLimit);
        this.lines = lines;
    }

    private static long nanos(Duration limit) {
        return limit.isPositive() ? limit.toNanos() : Long.MAX_VALUE;
    }

    void wrote(Command<?> command, Proposal.Times times, boolean agreed) {
        // What a member says of itself at its start nobody waits for.
        boolean own = command instanceof Command.ClusterStart || command instanceof Command.MemberPublish;
        if (times.total() > limitNanos && !own && writes.isDue()) {
            lines.accept("slow write: " + CommandType.of(command).etcdName() + of(command.plain()) + " took "
                    + millis(times.total())
                    + (agreed
                            ? ": " + millis(times.queued()) + " in the queue, " + millis(times.agreed())
                                    + " until it was agreed on, " + millis(times.applied()) + " to apply and write"
                            : " and failed")
                    + writes.suppressed("writes"));
        }
    }

    private static String of(Command<?> command) {
        return switch (command) {
            case Command.Put put -> " of " + text(put.key());
            case Command.DeleteRange delete -> " of " + text(delete.range());
            case Command.Txn txn ->
                " of " + (txn.success().size() + txn.failure().size()) + " operations";
            case Command.LeaseGrant grant -> " of lease " + Long.toHexString(grant.id());
            case Command.LeaseRevoke revoke -> " of lease " + Long.toHexString(revoke.id());
            case Command.Compact compact -> " at revision " + compact.revision();
            case Command.AlarmChange _,
                    Command.ClusterStart _,
                    Command.MemberPublish _,
                    Command.ChangeMembers _,
                    Command.ChangeAuth _,
                    Command.As<?> _ -> "";
        };
    }

    void read(RangeQuery query, long waitedNanos, long nanos) {
        if (waitedNanos + nanos > limitNanos && ranges.isDue()) {
            lines.accept("slow range: " + text(query.range()) + " took " + millis(waitedNanos + nanos) + ": "
                    + millis(waitedNanos) + " until it could be read, " + millis(nanos) + " to read"
                    + ranges.suppressed("ranges"));
        }
    }

    void readTxn(long nanos) {
        if (nanos > limitNanos && txns.isDue()) {
            lines.accept("slow transaction that only reads: took " + millis(nanos) + txns.suppressed("transactions"));
        }
    }

    /// Commands were applied and written together.
    public void applied(int commands, long nanos) {
        if (nanos > chunkLimitNanos && chunks.isDue()) {
            lines.accept("slow apply: " + commands + " commands took " + millis(nanos) + " to apply and write together"
                    + chunks.suppressed("chunks"));
        }
    }

    private static String text(KeyRange range) {
        if (range.isSingle()) {
            return text(range.start());
        }
        return text(range.start()) + (range.isUnbounded() ? " and all behind" : " to " + text(range.end()));
    }

    private static String text(Bytes key) {
        String text = key.toString();
        return text.length() > KEY_BYTES ? text.substring(0, KEY_BYTES) + "..." : text;
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
    }
}
