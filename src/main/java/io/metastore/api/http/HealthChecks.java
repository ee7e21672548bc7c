package io.metastore.api.http;

import java.util.List;
import java.util.concurrent.CompletionStage;

/// What the health endpoints need to know of a member. None of the methods blocks.
public interface HealthChecks {
    /// Names of the raised alarms as etcd writes them, one for each member that raised it: NOSPACE, CORRUPT.
    List<String> alarms();

    boolean hasLeader();

    /// Whether this member has no vote yet.
    boolean isLearner();

    /// Reads one key as everybody agrees it is; fails with a message for people when that is not possible in
    /// time.
    CompletionStage<Void> linearizableRead();

    /// Reads one key as this member knows it.
    CompletionStage<Void> serializableRead();
}
