package io.metastore.watch;

/// One thing to tell a client of a stream. `revision` is the header's revision (WAT-24).
public sealed interface Delivery {
    /// The id of answers that belong to no watcher.
    long NO_WATCHER = -1;

    long watchId();

    long revision();

    /// The watcher exists from now on; its events follow, never precede (WAT-02).
    ///
    /// @param revision the store's current revision
    record Created(long watchId, long revision) implements Delivery {}

    /// There is no such watcher; the stream goes on.
    record Refused(long revision, Refusal reason) implements Delivery {
        @Override
        public long watchId() {
            return NO_WATCHER;
        }
    }

    /// The client wanted the watcher gone (WAT-14).
    record Cancelled(long watchId, long revision) implements Delivery {}

    /// The client may not see the watcher's keys any more.
    record Revoked(long watchId, long revision, Refusal reason) implements Delivery {}

    /// The events that the watcher still had to get have been compacted (WAT-10, WAT-12).
    record Overtaken(long watchId, long compactRevision) implements Delivery {
        /// etcd leaves the header's revision out of this one answer.
        @Override
        public long revision() {
            return 0;
        }
    }

    /// Every event up to `revision`, of the watcher or of all the stream's watchers, was put on the stream
    /// (WAT-31).
    record Progress(long watchId, long revision) implements Delivery {}

    /// One revision changes more than the watcher can be sent at once. Its events up to there were delivered.
    ///
    /// @param tooLarge the revision
    record Oversized(long watchId, long revision, long tooLarge) implements Delivery {}

    /// @param fragment whether the response may be split (WAT-25)
    /// @param more     whether the last revision of `batch` goes on in the watcher's next delivery, which follows;
    ///     only with `fragment`
    record Events(long watchId, long revision, boolean fragment, boolean more, EventBatch batch) implements Delivery {}

    enum Refusal {
        /// WAT-05.
        DUPLICATE_ID,
        /// The stream has as many watchers as one may have.
        TOO_MANY,
        /// WAT-06.
        EMPTY_RANGE,
        /// A negative start revision (WAT-09).
        COMPACTED,
        /// WAT-33.
        PERMISSION_DENIED,
        /// No credentials where some are needed.
        USER_EMPTY,
        INVALID_TOKEN,
        OLD_REVISION
    }
}
