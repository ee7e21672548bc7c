package io.metastore.consensus;

/// This member could not get an answer. Whether the request may have taken effect all the same is what
/// [#mayHaveApplied] tells: only when not is a blind retry of a write safe.
public abstract sealed class Unavailable extends RuntimeException {
    private final boolean mayHaveApplied;

    private Unavailable(String message, boolean mayHaveApplied) {
        super(message, null, false, false);
        this.mayHaveApplied = mayHaveApplied;
    }

    public boolean mayHaveApplied() {
        return mayHaveApplied;
    }

    /// Nobody leads; nothing was proposed.
    public static final class NoLeader extends Unavailable {
        public NoLeader() {
            super("no leader", false);
        }
    }

    /// Leadership was lost while the request was on its way (KVR-24).
    public static final class LeaderChanged extends Unavailable {
        public LeaderChanged() {
            super("leader changed", true);
        }
    }

    /// No answer within the time limit (GEN-21).
    public static final class TimedOut extends Unavailable {
        public TimedOut() {
            super("request timed out", true);
        }
    }

    /// No leader took it within the time limit (GEN-22). It is given up, unless one comes at that very moment, or it is
    /// in one entry with others whose limit is not over.
    public static final class NotTaken extends Unavailable {
        public NotTaken() {
            super("no leader within the time limit", true);
        }
    }

    /// The proposal queue is full; nothing was proposed.
    public static final class QueueFull extends Unavailable {
        public QueueFull() {
            super("too many requests", false);
        }
    }

    /// The member is stopping.
    public static final class Stopping extends Unavailable {
        public Stopping() {
            super("server stopped", true);
        }
    }
}
