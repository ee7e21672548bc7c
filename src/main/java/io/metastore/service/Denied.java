package io.metastore.service;

import io.metastore.value.StoreError;

/// A caller may not do what it asks for, or cannot say who it is.
public final class Denied extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final StoreError error;

    public Denied(StoreError error) {
        super(error.name(), null, false, false);
        this.error = error;
    }

    public StoreError error() {
        return error;
    }
}
