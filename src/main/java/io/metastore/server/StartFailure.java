package io.metastore.server;

/// The member cannot start; the message tells people why and what to do.
public final class StartFailure extends RuntimeException {
    public StartFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
