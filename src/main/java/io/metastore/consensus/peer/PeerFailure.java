package io.metastore.consensus.peer;

/// A call to another member that has no answer.
public final class PeerFailure extends Exception {
    /// What is known of it.
    public enum Kind {
        /// The other member has not seen it, and never will.
        NOT_SENT,
        /// Likewise: nobody listens at its address, so that its process has ended or has not begun.
        REFUSED,
        /// It may have been seen.
        UNKNOWN,
        /// No answer within the time limit; it may have been seen, or will be.
        TIMED_OUT
    }

    private final Kind kind;

    public PeerFailure(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    /// Whether it is certain that the other member never sees the call.
    public boolean neverSent() {
        return switch (kind) {
            case NOT_SENT, REFUSED -> true;
            case UNKNOWN, TIMED_OUT -> false;
        };
    }
}
