package io.metastore.local;

/// A cluster on this machine that cannot start or cannot go on. The message says why, and what to type instead.
public final class LocalFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Kinds of reasons, each of which has an exit status.
    public enum Reason {
        /// A port is taken.
        PORT,
        /// Another process runs on the data.
        IN_USE,
        /// The data is of another cluster than the command line speaks of.
        FOREIGN,
        /// The folder cannot be read or written.
        DATA_DIR,
        /// A member ended, or the members do not agree on a leader.
        MEMBER
    }

    private final Reason reason;
    private final int memberStatus;

    LocalFailure(Reason reason, String message) {
        this(reason, message, 0, null);
    }

    LocalFailure(Reason reason, String message, Throwable cause) {
        this(reason, message, 0, cause);
    }

    private LocalFailure(Reason reason, String message, int memberStatus, Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.memberStatus = memberStatus;
    }

    /// A member that ended when it should not have.
    static LocalFailure ended(String message, int status) {
        return new LocalFailure(Reason.MEMBER, message, status, null);
    }

    public Reason reason() {
        return reason;
    }

    /// What the member ended with; 0 when none ended.
    public int memberStatus() {
        return memberStatus;
    }
}
