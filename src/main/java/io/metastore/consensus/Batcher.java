package io.metastore.consensus;

import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.ProposedBatch;
import io.metastore.machine.Result;
import io.metastore.thread.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Gathers what waits in the proposal queue into raft entries.
///
/// A time limit holds only while an earlier entry is under way. So an idle pipeline never waits: a lonely
/// client pays for one fsync and no timer. Under load entries fill while the disk is busy; once the most
/// allowed are in flight the queue fills behind them, and batches grow by themselves.
///
/// ```
/// in flight   waiting            what happens
/// none        1 command          goes at once (idle)
/// 1 entry     3 commands         wait for company until the time limit of the oldest, or until nothing is in flight
/// 1 entry     100 commands       go at once (size)
/// the most    any                wait until one has been applied
/// ```
public final class Batcher {
    private final ProposalQueue queue;
    private final BatchLimits limits;
    private final Consensus consensus;
    private final ConsensusMetrics metrics;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicLong inFlightBytes = new AtomicLong();
    private final Thread thread;

    /// @param faults told when a batch cannot be proposed: what is accepted from then on would never end
    public Batcher(
            ProposalQueue queue, BatchLimits limits, Consensus consensus, ConsensusMetrics metrics, Faults faults) {
        this.queue = queue;
        this.limits = limits;
        this.consensus = consensus;
        this.metrics = metrics;
        this.thread = Threads.unstarted("batcher", this::run, faults);
        metrics.watch(queue, inFlight, inFlightBytes);
    }

    /// Why a batch was closed.
    public enum Reason {
        SIZE,
        BYTES,
        TIME,
        IDLE
    }

    public void start() {
        thread.start();
    }

    /// Takes no more proposals and returns once those accepted have been handed to consensus, or cannot be within
    /// `limit`: while no leader is reached, nothing of what is in flight ends. Consensus fails that when
    /// it stops, and takes the rest.
    public void stop(Duration limit) throws InterruptedException {
        queue.close();
        if (!limit.isZero()) {
            thread.join(limit);
        }
    }

    /// Returns once those accepted have been handed to consensus, which has stopped.
    public void awaitEnd() throws InterruptedException {
        thread.join();
    }

    private void run() {
        try {
            while (proposeOnce()) {
                // Everything happens in the condition.
            }
        } catch (InterruptedException stray) {
            throw new IllegalStateException("the batcher was interrupted, but it ends with its queue", stray);
        }
    }

    /// Takes one batch and proposes it; false when the queue is closed and drained.
    boolean proposeOnce() throws InterruptedException {
        Decision decision = new Decision();
        int commands = limits.enabled() ? limits.commands() : 1;
        List<Proposal> taken = queue.take(decision, commands, limits.bytes());
        if (taken.isEmpty()) {
            return false;
        }
        long now = System.nanoTime();
        EntryBatch batch = new EntryBatch(taken, now);
        inFlight.incrementAndGet();
        inFlightBytes.addAndGet(batch.bytes);
        metrics.batchClosed(
                taken.size(),
                batch.bytes,
                decision.reason,
                now - taken.getFirst().acceptedNanos());
        consensus.propose(taken.stream().map(Proposal::encoded).toList(), batch);
        return true;
    }

    private final class Decision implements ProposalQueue.Trigger {
        private Reason reason;

        @Override
        public long waitNanos(ProposalQueue.Waiting waiting) {
            int flying = inFlight.get();
            if (flying >= limits.inFlightEntries() || (flying > 0 && inFlightBytes.get() >= limits.inFlightBytes())) {
                return Long.MAX_VALUE;
            }
            if (!limits.enabled() || waiting.commands() >= limits.commands()) {
                reason = Reason.SIZE;
                return 0;
            }
            if (waiting.bytes() >= limits.bytes()) {
                reason = Reason.BYTES;
                return 0;
            }
            if (flying == 0) {
                reason = Reason.IDLE;
                return 0;
            }
            reason = Reason.TIME;
            return limits.time().toNanos() - (System.nanoTime() - waiting.oldestNanos());
        }
    }

    /// One entry on its way, with its callers.
    private final class EntryBatch implements ProposedBatch, Consensus.Pending {
        private final List<Proposal> proposals;
        private final List<Command<?>> commands;
        private final long bytes;
        private final long proposedNanos;
        private long applyingNanos;

        private EntryBatch(List<Proposal> proposals, long proposedNanos) {
            this.proposals = proposals;
            this.commands = new ArrayList<>(proposals.size());
            this.proposedNanos = proposedNanos;
            this.applyingNanos = proposedNanos;
            long sum = 0;
            for (Proposal proposal : proposals) {
                commands.add(proposal.command());
                sum += proposal.bytes();
            }
            this.bytes = sum;
        }

        @Override
        public List<? extends Command<?>> commands() {
            return commands;
        }

        @Override
        public void applying() {
            applyingNanos = System.nanoTime();
        }

        @Override
        public void complete(List<Outcome<? extends Result>> outcomes) {
            leave();
            long now = System.nanoTime();
            metrics.entryApplied(now - proposedNanos);
            for (int i = 0; i < proposals.size(); i++) {
                proposals.get(i).end(outcomes.get(i), proposedNanos, applyingNanos, now);
            }
        }

        @Override
        public void failed(Unavailable reason) {
            leave();
            metrics.proposalsFailed(proposals.size());
            proposals.forEach(proposal -> proposal.fail(reason));
        }

        @Override
        public void handed(boolean toLeader) {
            proposals.forEach(proposal -> proposal.handed(toLeader));
        }

        @Override
        public boolean isAbandoned() {
            return proposals.stream().allMatch(Proposal::hasEnded);
        }

        @Override
        public long term() {
            return proposals.getFirst().term();
        }

        private void leave() {
            inFlight.decrementAndGet();
            inFlightBytes.addAndGet(-bytes);
            queue.release(proposals.size(), bytes);
        }
    }
}
