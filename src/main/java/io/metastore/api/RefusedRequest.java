package io.metastore.api;

import io.metastore.value.StoreError;

/// A request is refused, by its form or by its outcome. Carries no stack: it is an answer.
final class RefusedRequest extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final StoreError error;

    RefusedRequest(StoreError error) {
        super(error.name(), null, false, false);
        this.error = error;
    }

    StoreError error() {
        return error;
    }
}
