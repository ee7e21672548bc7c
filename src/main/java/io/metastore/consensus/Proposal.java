package io.metastore.consensus;

import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import java.util.concurrent.atomic.AtomicReference;

/// A command on its way through agreement, with the caller that waits for its outcome. Ends exactly once.
public final class Proposal {
    /// Who waits. Called on whichever thread ends the proposal; must not block.
    public interface Caller {
        void ended(Outcome<? extends Result> outcome);

        void failed(Unavailable reason);

        /// How long it took from being accepted, told just before how it ended: for figures.
        ///
        /// @param agreed whether it has an outcome
        default void took(Times times, boolean agreed) {}
    }

    /// Where the time of a proposal went, in nanoseconds.
    ///
    /// @param queued  until the batcher took it; all of it when nobody knows more
    /// @param agreed  from then on until its entry was about to be applied here
    /// @param applied from then on until it was applied, with everything that was written together with it
    public record Times(long queued, long agreed, long applied) {
        public long total() {
            return queued + agreed + applied;
        }
    }

    private final Command<?> command;
    private final byte[] encoded;
    private final AtomicReference<Caller> caller;
    private final long term;
    private long acceptedNanos;
    /// Whether a leader may have it.
    private volatile boolean handed;

    /// @param encoded the command as the raft entry will carry it
    public Proposal(Command<?> command, byte[] encoded, Caller caller) {
        this(command, encoded, caller, 0);
    }

    /// @param term the only term in which this member, leading it, may put it into the log, 0 for any
    public Proposal(Command<?> command, byte[] encoded, Caller caller, long term) {
        this.term = term;
        this.command = command;
        this.encoded = encoded;
        this.caller = new AtomicReference<>(caller);
    }

    Command<?> command() {
        return command;
    }

    byte[] encoded() {
        return encoded;
    }

    int bytes() {
        return encoded.length;
    }

    long term() {
        return term;
    }

    void handed(boolean toLeader) {
        handed = toLeader;
    }

    void accepted(long nanos) {
        acceptedNanos = nanos;
    }

    long acceptedNanos() {
        return acceptedNanos;
    }

    boolean hasEnded() {
        return caller.get() == null;
    }

    /// @param takenNanos    when it was taken from the queue
    /// @param applyingNanos when its entry was about to be applied
    /// @param nowNanos      the time, which the caller knows for many at once
    void end(Outcome<? extends Result> outcome, long takenNanos, long applyingNanos, long nowNanos) {
        Caller waiting = caller.getAndSet(null);
        if (waiting != null) {
            waiting.took(
                    new Times(takenNanos - acceptedNanos, applyingNanos - takenNanos, nowNanos - applyingNanos), true);
            waiting.ended(outcome);
        }
    }

    void timeOut() {
        fail(handed ? new Unavailable.TimedOut() : new Unavailable.NotTaken());
    }

    void fail(Unavailable reason) {
        Caller waiting = caller.getAndSet(null);
        if (waiting != null) {
            waiting.took(new Times(System.nanoTime() - acceptedNanos, 0, 0), false);
            waiting.failed(reason);
        }
    }
}
