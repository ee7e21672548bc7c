package io.metastore.service;

import io.metastore.cluster.Alarm;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.ReadTxn;
import io.metastore.machine.Result;
import io.metastore.machine.SpaceCost;
import io.metastore.measure.Outcomes;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;

/// Keys and values: which requests are reads, which are proposals, and which reads need the barrier.
public final class KvService {
    private final Proposals proposals;
    private final Reading reading;
    private final SpaceQuota quota;
    private final AlarmService alarms;
    private final CompactionLoop compaction;
    private final long memberId;
    private final RequestMetrics requests;

    public KvService(
            Proposals proposals,
            Reading reading,
            SpaceQuota quota,
            AlarmService alarms,
            CompactionLoop compaction,
            long memberId,
            RequestMetrics requests) {
        this.proposals = proposals;
        this.reading = reading;
        this.quota = quota;
        this.alarms = alarms;
        this.compaction = compaction;
        this.memberId = memberId;
        this.requests = requests;
    }

    public Uni<Outcome<Result.Range>> range(RangeQuery query, boolean serializable) {
        long now = System.nanoTime();
        TimedRange read = new TimedRange(requests, query, false, now);
        return serializable
                ? reading.serializable(new TimedRange(requests, query, true, now), read)
                : reading.linearizable(read);
    }

    /// A range whose reading is timed. When memory does not do nothing is counted: it is read once more then.
    private record TimedRange(RequestMetrics requests, RangeQuery query, boolean inMemory, long askedNanos)
            implements Reading.Read<Outcome<Result.Range>> {
        @Override
        public Outcome<Result.Range> from(View view) {
            long started = System.nanoTime();
            Outcome<Result.Range> outcome = read(view);
            long ended = System.nanoTime();
            requests.rangeRead(outcome, ended - started);
            requests.rangeRequests().record(outcome instanceof Outcome.Done<?>, ended - askedNanos);
            return outcome;
        }

        private Outcome<Result.Range> read(View view) {
            try {
                return new Outcome.Done<>(
                        new Result.Range(inMemory ? view.rangeInMemory(query) : view.range(query)));
            } catch (RevisionUnavailable e) {
                return new Outcome.Refused<>(e.error());
            }
        }

        @Override
        public void failed() {
            requests.rangeRequests().record(false, System.nanoTime() - askedNanos);
        }
    }

    /// A transaction that only reads does not go through the log (TXN-25).
    public Uni<Outcome<Result.Txn>> read(Command.Txn txn, boolean serializable) {
        TimedTxn read = new TimedTxn(requests.readTxns(), txn, System.nanoTime());
        return serializable ? reading.local(read) : reading.linearizable(read);
    }

    private record TimedTxn(Outcomes times, Command.Txn txn, long askedNanos)
            implements Reading.Read<Outcome<Result.Txn>> {
        @Override
        public Outcome<Result.Txn> from(View view) {
            Outcome<Result.Txn> outcome = ReadTxn.run(txn, view);
            times.record(outcome instanceof Outcome.Done<?>, System.nanoTime() - askedNanos);
            return outcome;
        }

        @Override
        public void failed() {
            times.record(false, System.nanoTime() - askedNanos);
        }
    }

    /// Whether there is room for `cost` bytes.
    public boolean hasRoomFor(long cost) {
        return quota.hasRoomFor(cost);
    }

    /// Raises NOSPACE for this member; who found no room waits for it before answering (ALM-02).
    public Uni<Outcome<Result.AlarmChange>> raiseNoSpace() {
        return alarms.change(true, new Alarm(memberId, Alarm.Type.NO_SPACE));
    }

    /// Proposes a write. If it has brought the database over its quota, it stands, but its caller hears of it
    /// (ALM-05).
    public <R extends Result> Uni<Outcome<R>> write(Command<R> command) {
        long cost = SpaceCost.of(command);
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

    /// @param physical answer only once what the compaction leaves behind is gone (CMP-05)
    public Uni<Outcome<Result.Compact>> compact(long revision, boolean physical) {
        Uni<Outcome<Result.Compact>> outcome =
                proposals.propose(new Command.Compact(revision)).invoke(compaction::wake);
        return physical ? outcome.call(_ -> compaction.settled()) : outcome;
    }
}
