package io.metastore.service;

/// Why a lock or an election came to nothing, in etcd's words, which are all that a caller gets to see.
public final class ContestFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    ContestFailure(String text) {
        super(text, null, false, false);
    }
}
