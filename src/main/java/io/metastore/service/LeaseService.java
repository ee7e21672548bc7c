package io.metastore.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.metastore.auth.Principal;
import io.metastore.consensus.Faults;
import io.metastore.consensus.LeaderCalls;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.Unavailable;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.lease.Lease;
import io.metastore.lease.LeaseChunk;
import io.metastore.lease.Leases;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.measure.Histogram;
import io.metastore.thread.Threads;
import io.metastore.value.Bytes;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Leases: granted and revoked through the log, renewed in memory where this member leads, and revoked by a
/// thread of its own when they run out.
public final class LeaseService implements PeerHandler, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(LeaseService.class);
    /// LEA-23.
    private static final int REVOKES_AT_ONCE = 500;

    private static final int REVOKES_IN_FLIGHT = 16;
    private static final Duration RETRY_FIRST = Duration.ofMillis(10);
    private static final Duration RETRY_MOST = Duration.ofMillis(200);
    private static final long GONE = Long.MIN_VALUE;

    private final LeaderCalls leader;
    private final Proposals proposals;
    private final Reading reading;
    private final Supplier<Leases> leases;
    private final KvService kv;
    private final LeaseDeadlines deadlines = new LeaseDeadlines();
    private final long leastTtlSeconds;
    private final Duration electionTimeout;
    private final long retryNanos;
    private final SecureRandom random = new SecureRandom();
    private final Semaphore inFlight = new Semaphore(REVOKES_IN_FLIGHT);
    private final Thread thread;
    private final LongAdder expired = new LongAdder();
    private final LongAdder renewed = new LongAdder();
    private final LongAdder granted = new LongAdder();
    private final LongAdder revoked = new LongAdder();
    private final Histogram grantedSeconds = Histogram.ofValues(1, 24);

    /// @param leader       asked where this member does not lead
    /// @param requestLimit how long a proposal may take
    /// @param faults       told when leases can no longer be revoked
    public LeaseService(
            LeaderCalls leader,
            Proposals proposals,
            Reading reading,
            Supplier<Leases> leases,
            KvService kv,
            Duration electionTimeout,
            Duration requestLimit,
            Faults faults) {
        this.leader = leader;
        this.proposals = proposals;
        this.reading = reading;
        this.leases = leases;
        this.kv = kv;
        this.electionTimeout = electionTimeout;
        // One and a half election timeouts in whole seconds, rounded up (LEA-03).
        this.leastTtlSeconds = (3 * electionTimeout.toMillis() + 1999) / 2000;
        this.retryNanos = requestLimit.toNanos();
        this.thread = Threads.unstarted("lease-expiry", this::expire, faults);
    }

    public void start() {
        thread.start();
    }

    /// Grants a lease. An id of 0 leaves the choice to this member (LEA-01); a time below the least is
    /// raised to it.
    ///
    /// @param who asks for it
    public Uni<Outcome<Result.Grant>> grant(Principal who, long id, long ttlSeconds) {
        long chosen = id;
        while (chosen == 0) {
            chosen = random.nextLong() & Long.MAX_VALUE;
        }
        return kv.write(AccessControl.of(who, new Command.LeaseGrant(chosen, Math.max(ttlSeconds, leastTtlSeconds))));
    }

    /// @param who asks for it
    public Uni<Outcome<Result.Revoke>> revoke(Principal who, long id) {
        return proposals.propose(AccessControl.of(who, new Command.LeaseRevoke(id, 0)));
    }

    /// Renews a lease and yields its time in seconds, 0 when it is gone (LEA-09, LEA-10). One that has run out
    /// and is about to be revoked is waited for. The leader does it, once it has made sure that it leads: one that
    /// was deposed and has not learned of it must not promise anything.
    public Uni<Long> keepAlive(long id) {
        return untilLeaderAnswers(() -> leader.isLeader()
                ? renewHere(id)
                : ask(PeerMessage.Kinds.LEASE_RENEW, id).map(ByteBuffer::getLong));
    }

    private Uni<Long> renewHere(long id) {
        return reading.linearizable(_ -> id).chain(this::renewAsLeader);
    }

    private Uni<Long> renewAsLeader(long id) {
        return Uni.createFrom().emitter(emitter -> {
            switch (deadlines.renew(id, System.nanoTime(), new Waiting(emitter))) {
                case LeaseDeadlines.Renewal.Renewed(long ttlSeconds) -> {
                    renewed.increment();
                    emitter.complete(ttlSeconds);
                }
                case LeaseDeadlines.Renewal.Unknown _ -> emitter.complete(0L);
                case LeaseDeadlines.Renewal.NotLeading _ -> emitter.fail(new Unavailable.LeaderChanged());
                case LeaseDeadlines.Renewal.Expiring _ -> {
                    // The revocation ends it.
                }
            }
        });
    }

    private record Waiting(UniEmitter<? super Long> emitter) implements LeaseDeadlines.Expiry {
        @Override
        public void revoked() {
            emitter.complete(0L);
        }

        @Override
        public void deposed() {
            emitter.fail(new Unavailable.LeaderChanged());
        }
    }

    /// Tries again while there is no leader or it changes, up to the time limit of a request.
    private <T> Uni<T> untilLeaderAnswers(Supplier<Uni<T>> attempt) {
        return Uni.createFrom()
                .<T>deferred(attempt::get)
                .onFailure(LeaseService::passes)
                .retry()
                .withBackOff(RETRY_FIRST, RETRY_MOST)
                .expireIn(TimeUnit.NANOSECONDS.toMillis(retryNanos))
                .onFailure(failure -> failure.getCause() instanceof Unavailable)
                .transform(Throwable::getCause);
    }

    private static boolean passes(Throwable failure) {
        return failure instanceof Unavailable.NoLeader || failure instanceof Unavailable.LeaderChanged;
    }

    private Uni<ByteBuffer> ask(int kind, long id) {
        return Uni.createFrom()
                .emitter(emitter -> leader.ask(
                        kind,
                        UnsafeByteOperations.unsafeWrap(
                                ByteBuffer.allocate(Long.BYTES).putLong(id).flip()),
                        answer -> emitter.complete(answer.asReadOnlyByteBuffer()),
                        emitter::fail,
                        Duration.ofNanos(retryNanos)));
    }

    /// Answers another member that asks this one for the leader; without a body when it is not.
    @Override
    public void called(Caller caller, PeerMessage question, Consumer<PeerMessage> answer) {
        long id = question.body().asReadOnlyByteBuffer().getLong();
        Uni<Long> known = question.kind() == PeerMessage.Kinds.LEASE_RENEW ? renewHere(id) : remainingHere(id);
        known.subscribe()
                .with(
                        number -> answer.accept(new PeerMessage(
                                question.kind(),
                                UnsafeByteOperations.unsafeWrap(ByteBuffer.allocate(Long.BYTES)
                                        .putLong(number)
                                        .flip()))),
                        failure -> {
                            if (!(failure instanceof Unavailable)) {
                                throw new IllegalStateException(
                                        "asked by member " + Long.toHexString(caller.member()), failure);
                            }
                            answer.accept(new PeerMessage(question.kind(), ByteString.EMPTY));
                        });
    }

    /// Nanoseconds that a lease has to live, [#GONE] when there is none.
    private Uni<Long> remainingHere(long id) {
        return reading.linearizable(_ -> {
            Long remaining = deadlines.remaining(id, System.nanoTime());
            if (!deadlines.isArmed()) {
                throw new Unavailable.LeaderChanged();
            }
            return remaining == null ? GONE : remaining;
        });
    }

    /// How long a lease has to live.
    ///
    /// @param remainingSeconds whole seconds left, -1 when there is no such lease (LEA-17)
    public record TimeToLive(long remainingSeconds, long grantedSeconds, List<Bytes> keys) {}

    public Uni<TimeToLive> timeToLive(long id, boolean withKeys) {
        return untilLeaderAnswers(() -> leader.isLeader()
                        ? remainingHere(id)
                        : ask(PeerMessage.Kinds.LEASE_REMAINING, id).map(ByteBuffer::getLong))
                .chain(remaining -> reading.linearizable(view -> {
                    Lease lease = leases.get().find(id);
                    if (lease == null || remaining == GONE) {
                        return new TimeToLive(-1, 0, List.of());
                    }
                    List<Bytes> keys = withKeys ? Leases.keys(view.reads(), id) : List.of();
                    return new TimeToLive(TimeUnit.NANOSECONDS.toSeconds(remaining), lease.ttlSeconds(), keys);
                }));
    }

    /// Ids of all leases, where this member leads those that run out soonest first (LEA-19).
    public List<Long> ids() {
        return deadlines.isArmed()
                ? deadlines.bySoonest()
                : leases.get().all().stream().map(Lease::id).toList();
    }

    /// Told on the apply thread what a chunk did to leases.
    public void changed(LeaseChunk.Changes changes) {
        long now = System.nanoTime();
        for (Long id : changes.revoked()) {
            revoked.increment();
            deadlines.revoked(id);
        }
        for (Lease lease : changes.granted()) {
            granted.increment();
            grantedSeconds.record(lease.ttlSeconds());
            deadlines.granted(lease, now);
        }
    }

    /// Told on the apply thread when leadership changes.
    public void leadershipChanged(Leadership leadership) {
        if (leadership.isLeader()) {
            arm(leadership.term());
        } else {
            deadlines.disarm();
        }
    }

    private void arm(long term) {
        deadlines.arm(term, leases.get().all(), electionTimeout.toNanos(), System.nanoTime());
    }

    /// Told on the apply thread when another state has taken the place of the one before, with other leases.
    public void replaced() {
        if (deadlines.isArmed()) {
            arm(deadlines.term());
        }
    }

    /// Figures since the start.
    public record Figures(long granted, long renewed, long revoked, long expired) {}

    public Figures figures() {
        return new Figures(granted.sum(), renewed.sum(), revoked.sum(), expired.sum());
    }

    /// Times to live of the leases granted since the start.
    public Histogram grantedSeconds() {
        return grantedSeconds;
    }

    private void expire() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                LeaseDeadlines.Due due = deadlines.takeExpired(REVOKES_AT_ONCE, System::nanoTime);
                for (Lease lease : due.leases()) {
                    inFlight.acquire();
                    revokeExpired(lease, due.term());
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Revokes a lease that ran out while this member led `term`. A leader that was held up and learns only now of the
    /// next one must not: with that one the lease may have been renewed (LEA-22).
    private void revokeExpired(Lease lease, long term) {
        proposals
                .propose(new Command.LeaseRevoke(lease.id(), lease.grantIndex()), term)
                .onTermination()
                .invoke(inFlight::release)
                .subscribe()
                .with(
                        outcome -> {
                            if (outcome instanceof Outcome.Done) {
                                expired.increment();
                            }
                        },
                        failure -> {
                            // Where another leads now, it sees to its leases itself.
                            if (!(failure instanceof Unavailable.Stopping
                                    || failure instanceof Unavailable.LeaderChanged)) {
                                LOG.warnf(
                                        "lease %x has run out and is not yet revoked: %s",
                                        lease.id(), failure.getMessage());
                            }
                            deadlines.retry(lease, System.nanoTime() + retryNanos);
                        });
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
