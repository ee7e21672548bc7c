package io.metastore.service;

import io.metastore.value.StoreError;

/// A step of a lock or an election was refused by the state.
public final class ContestRefused extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final StoreError error;

    ContestRefused(StoreError error) {
        super(error.name(), null, false, false);
        this.error = error;
    }

    public StoreError error() {
        return error;
    }
}
