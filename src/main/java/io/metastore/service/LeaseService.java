package io.metastore.service;

import io.metastore.consensus.Faults;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.Unavailable;
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
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Leases: granted and revoked through the log, renewed in memory where this member leads, and revoked by a
/// thread of its own when they run out.
public final class LeaseService implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(LeaseService.class);
    /// LEA-23.
    private static final int REVOKES_AT_ONCE = 500;

    private static final int REVOKES_IN_FLIGHT = 16;

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

    /// @param requestLimit how long a proposal may take
    /// @param faults       told when leases can no longer be revoked
    public LeaseService(
            Proposals proposals,
            Reading reading,
            Supplier<Leases> leases,
            KvService kv,
            Duration electionTimeout,
            Duration requestLimit,
            Faults faults) {
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
    public Uni<Outcome<Result.Grant>> grant(long id, long ttlSeconds) {
        long chosen = id;
        while (chosen == 0) {
            chosen = random.nextLong() & Long.MAX_VALUE;
        }
        return kv.write(new Command.LeaseGrant(chosen, Math.max(ttlSeconds, leastTtlSeconds)));
    }

    public Uni<Outcome<Result.Revoke>> revoke(long id) {
        return proposals.propose(new Command.LeaseRevoke(id, 0));
    }

    /// Renews a lease and yields its time in seconds, 0 when it is gone (LEA-09, LEA-10). One that has run out
    /// and is about to be revoked is waited for.
    public Uni<Long> keepAlive(long id) {
        return Uni.createFrom().emitter(emitter -> {
            switch (deadlines.renew(id, System.nanoTime(), () -> emitter.complete(0L))) {
                case LeaseDeadlines.Renewal.Renewed(long ttlSeconds) -> {
                    renewed.increment();
                    emitter.complete(ttlSeconds);
                }
                case LeaseDeadlines.Renewal.Unknown _ -> emitter.complete(0L);
                case LeaseDeadlines.Renewal.Expiring _ -> {
                    // The revocation ends it.
                }
            }
        });
    }

    /// How long a lease has to live.
    ///
    /// @param remainingSeconds whole seconds left, -1 when there is no such lease (LEA-17)
    public record TimeToLive(long remainingSeconds, long grantedSeconds, List<Bytes> keys) {}

    public Uni<TimeToLive> timeToLive(long id, boolean withKeys) {
        return reading.linearizable(view -> {
            Lease lease = leases.get().find(id);
            Long remaining = deadlines.remaining(id, System.nanoTime());
            if (lease == null || remaining == null) {
                return new TimeToLive(-1, 0, List.of());
            }
            List<Bytes> keys = withKeys ? Leases.keys(view.reads(), id) : List.of();
            return new TimeToLive(TimeUnit.NANOSECONDS.toSeconds(remaining), lease.ttlSeconds(), keys);
        });
    }

    /// Ids of all leases, those that run out soonest first.
    public List<Long> ids() {
        return deadlines.bySoonest();
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
            arm();
        } else {
            deadlines.disarm();
        }
    }

    private void arm() {
        deadlines.arm(leases.get().all(), electionTimeout.toNanos(), System.nanoTime());
    }

    /// Told on the apply thread when another state has taken the place of the one before, with other leases.
    public void replaced() {
        if (deadlines.isArmed()) {
            arm();
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
                for (Lease lease : deadlines.takeExpired(REVOKES_AT_ONCE, System::nanoTime)) {
                    inFlight.acquire();
                    revokeExpired(lease);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void revokeExpired(Lease lease) {
        proposals
                .propose(new Command.LeaseRevoke(lease.id(), lease.grantIndex()))
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
                            if (!(failure instanceof Unavailable.Stopping)) {
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
