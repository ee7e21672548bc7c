package io.metastore.server;

import io.metastore.engine.EngineFailure;

/// The member cannot start; the message tells people why and what to do.
public final class StartFailure extends RuntimeException {
    private final ExitStatus status;

    public StartFailure(ExitStatus status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /// Files that cannot be read or are damaged, with what to do about it.
    public static StartFailure of(EngineFailure failure) {
        return switch (failure.kind()) {
            case DAMAGED ->
                new StartFailure(
                        ExitStatus.DAMAGED,
                        failure.getMessage()
                                + "; bring the undamaged files back, or restore a backup into another data-dir",
                        failure);
            case OTHER_FORMAT ->
                new StartFailure(
                        ExitStatus.FOREIGN,
                        failure.getMessage() + "; start the version that wrote it, or choose another data-dir",
                        failure);
            case NO_SPACE, INPUT_OUTPUT ->
                new StartFailure(
                        ExitStatus.INPUT_OUTPUT,
                        failure.getMessage() + "; nothing acknowledged is lost: start again when the disk works, has"
                                + " space and its files may be read and written",
                        failure);
        };
    }

    public ExitStatus status() {
        return status;
    }
}
