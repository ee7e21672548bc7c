package io.metastore.bench;

/// A command line that cannot be run; the message is complete and meant for the person who typed it.
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
