package io.metastore.engine;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/// The engine could not read or write: an I/O error or corruption. Never caught and counted, it stops the
/// member.
public final class EngineFailure extends RuntimeException {
    private final Kind kind;

    /// What is wrong.
    public enum Kind {
        /// Files hold what was never written to them, or are missing. It does not pass.
        DAMAGED,
        /// Files are of a format that this version does not read.
        OTHER_FORMAT,
        /// The disk is full. It passes when something is deleted.
        NO_SPACE,
        /// The system refused or failed: no permission, an error of the disk. It may pass.
        INPUT_OUTPUT
    }

    public EngineFailure(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /// @param what names what cannot be read
    public static EngineFailure ofReading(String what, IOException failure) {
        return switch (failure) {
            case NoSuchFileException missing ->
                new EngineFailure(Kind.DAMAGED, what + ": " + missing.getFile() + " is missing", failure);
            case AccessDeniedException denied ->
                new EngineFailure(Kind.INPUT_OUTPUT, what + ": no permission to read " + denied.getFile(), failure);
            default -> new EngineFailure(Kind.INPUT_OUTPUT, what + ": " + failure, failure);
        };
    }

    /// @param what names what could not be written
    public static EngineFailure ofWriting(String what, IOException failure) {
        // The system's words are all that Java tells of it.
        boolean full = String.valueOf(failure.getMessage()).contains("No space left on device");
        return new EngineFailure(full ? Kind.NO_SPACE : Kind.INPUT_OUTPUT, what + ": " + failure, failure);
    }

    public Kind kind() {
        return kind;
    }
}
