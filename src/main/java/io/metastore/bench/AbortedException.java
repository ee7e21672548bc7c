package io.metastore.bench;

/// The measurement cannot go on: nothing answers, the peer is no etcd, a server process died. The message
/// says which and where.
public final class AbortedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// @param message a sentence for people, without a trailing period
    public AbortedException(String message) {
        super(message);
    }
}
