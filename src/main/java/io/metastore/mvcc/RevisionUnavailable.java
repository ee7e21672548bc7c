package io.metastore.mvcc;

import io.metastore.value.StoreError;

/// A read asked for a revision that is compacted or not there yet. A refusal: [#error] says which.
public final class RevisionUnavailable extends Exception {
    private static final long serialVersionUID = 1;

    private final StoreError error;

    private RevisionUnavailable(StoreError error) {
        super(error.name(), null, false, false);
        this.error = error;
    }

    public StoreError error() {
        return error;
    }

    /// KVR-20, KVR-21.
    static void check(long asked, long current, long compacted) throws RevisionUnavailable {
        if (asked > current) {
            throw new RevisionUnavailable(StoreError.FUTURE_REVISION);
        }
        if (asked < compacted) {
            throw new RevisionUnavailable(StoreError.COMPACTED);
        }
    }
}
