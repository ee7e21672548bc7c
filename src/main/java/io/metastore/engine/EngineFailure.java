package io.metastore.engine;

/// The engine could not read or write: an I/O error or corruption. Never caught and counted, it stops the
/// member.
public final class EngineFailure extends RuntimeException {
    private final Kind kind;

    /// What is wrong.
    public enum Kind {
        /// Files hold what was never written to them, or are missing. It does not pass.
        DAMAGED,
        /// The system refused or failed: no permission, no space, an error of the disk. It may pass.
        INPUT_OUTPUT
    }

    public EngineFailure(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
