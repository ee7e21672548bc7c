package io.metastore.service;

import io.metastore.cluster.Alarm;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.machine.SpaceCost;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;

/// Keys and values: which requests are reads, which are proposals, and which reads need the barrier.
public final class KvService {
    private final Proposals proposals;
    private final Reading reading;
    private final SpaceQuota quota;
    private final DiskRoom room;
    private final AlarmService alarms;
    private final CompactionLoop compaction;
    private final ResponseBudget budget;
    private final long memberId;
    private final RequestMetrics requests;

    public KvService(
            Proposals proposals,
            Reading reading,
            SpaceQuota quota,
            DiskRoom room,
            AlarmService alarms,
            CompactionLoop compaction,
            ResponseBudget budget,
            long memberId,
            RequestMetrics requests) {
        this.proposals = proposals;
        this.reading = reading;
        this.quota = quota;
        this.room = room;
        this.alarms = alarms;
        this.compaction = compaction;
        this.budget = budget;
        this.memberId = memberId;
        this.requests = requests;
    }

    /// A range that is looked at here and sent to nobody.
    public Uni<Outcome<Result.Range>> range(RangeQuery query, boolean serializable, Guard guard) {
        ResponseShare share = budget.share(() -> {});
        return range(query, serializable, share, guard).onTermination().invoke(share::end);
    }

    /// @param share what the answer is charged to
    /// @param guard decides whether there is an answer
    public Uni<Outcome<Result.Range>> range(RangeQuery query, boolean serializable, ResponseShare share, Guard guard) {
        long now = System.nanoTime();
        Reading.Read<Outcome<Result.Range>> read = guard.around(new TimedRange(requests, now, query, share, false));
        return serializable
                ? reading.serializable(guard.around(new TimedRange(requests, now, query, share, true)), read)
                : reading.linearizable(read);
    }

    /// A transaction that only reads does not go through the log (TXN-25).
    public Uni<Outcome<Result.Txn>> read(Command.Txn txn, boolean serializable, ResponseShare share, Guard guard) {
        Reading.Read<Outcome<Result.Txn>> read = guard.around(new TimedTxn(requests, System.nanoTime(), txn, share));
        return serializable ? reading.local(read) : reading.linearizable(read);
    }

    /// Whether there is room for `cost` bytes, within the quota and on the disk.
    public boolean hasRoomFor(long cost) {
        return quota.hasRoomFor(cost) && room.hasRoomFor(cost);
    }

    /// Raises NOSPACE for this member unless it is raised; who found no room waits for it before answering (ALM-02).
    public Uni<Void> raiseNoSpace() {
        return room.isAlarmRaised()
                ? Uni.createFrom().voidItem()
                : alarms.change(true, new Alarm(memberId, Alarm.Type.NO_SPACE)).replaceWithVoid();
    }

    /// Proposes a write whose answer may be large: it is measured and waits for room first, so that a write whose
    /// answer could not be given never happens. Answers of single keys are charged when they are there.
    public <R extends Result> Uni<Outcome<R>> write(Command<R> command, ResponseShare share) {
        List<RangeQuery> answered = AnsweredRanges.of(command);
        if (!AnsweredRanges.anyWide(answered) && !(budget.isOverdrawn() && !answered.isEmpty())) {
            return write(command);
        }
        return reading.local(view -> measure(view, answered, share)).flatMap(_ -> write(command));
    }

    private static long measure(View view, List<RangeQuery> ranges, ResponseShare share) {
        share.beginCounting();
        for (RangeQuery query : ranges) {
            // What cannot be read will be refused where the write is applied.
            boolean newest = query.revision() <= 0;
            if (newest || (query.revision() <= view.revision() && query.revision() >= view.compactedRevision())) {
                try {
                    view.range(query, share);
                } catch (RevisionUnavailable e) {
                    throw new IllegalStateException("a revision that was checked before is gone", e);
                }
            }
        }
        share.read();
        return share.gathered();
    }

    /// Proposes a write. If it has brought the database over its quota, it stands, but its caller hears of it
    /// (ALM-05).
    public <R extends Result> Uni<Outcome<R>> write(Command<R> command) {
        long cost = SpaceCost.of(command);
        if (cost > 0 && room.isBarred()) {
            return Uni.createFrom().item(new Outcome.Refused<>(StoreError.NO_SPACE));
        }
        Uni<Outcome<R>> outcome = proposals.propose(command);
        if (cost == 0) {
            return outcome;
        }
        return outcome.flatMap(ended -> {
            if (ended instanceof Outcome.Refused<R> || quota.hasRoomFor(1)) {
                return Uni.createFrom().item(ended);
            }
            return raiseNoSpace().map(_ -> new Outcome.Refused<R>(StoreError.NO_SPACE));
        });
    }

    /// Gives the file system back what removed rows hold; see [CompactionLoop#defragment].
    public Uni<Optional<StoreError>> defragment() {
        return compaction.defragment();
    }

    /// @param physical answer only once what the compaction leaves behind is gone (CMP-05)
    public Uni<Outcome<Result.Compact>> compact(long revision, boolean physical) {
        Uni<Outcome<Result.Compact>> outcome =
                proposals.propose(new Command.Compact(revision)).invoke(compaction::wake);
        return physical ? outcome.call(_ -> compaction.settled()) : outcome;
    }
}
