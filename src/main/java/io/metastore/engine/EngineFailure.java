package io.metastore.engine;

/// The engine could not read or write: an I/O error or corruption. Never caught and counted, it stops the
/// member.
public final class EngineFailure extends RuntimeException {
    public EngineFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
