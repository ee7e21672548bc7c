package io.metastore.client;

/// A command line that cannot be run; the message is complete and meant for the person who typed it.
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(message);
    }
}
