package io.metastore.server;

import io.metastore.api.http.HealthChecks;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// A member in the state that a test wants.
final class StubHealth implements HealthChecks {
    volatile List<String> alarms = List.of();
    volatile boolean leader = true;
    volatile boolean learner;
    volatile CompletionStage<Void> linearizable = CompletableFuture.completedFuture(null);
    volatile CompletionStage<Void> serializable = CompletableFuture.completedFuture(null);

    @Override
    public List<String> alarms() {
        return alarms;
    }

    @Override
    public boolean hasLeader() {
        return leader;
    }

    @Override
    public boolean isLearner() {
        return learner;
    }

    @Override
    public CompletionStage<Void> linearizableRead() {
        return linearizable;
    }

    @Override
    public CompletionStage<Void> serializableRead() {
        return serializable;
    }
}
