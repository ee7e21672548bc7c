package io.metastore.server;

import io.metastore.consensus.peer.TurnedAway;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// That the cluster has removed this member. Told by any thread, again and again.
final class Farewell implements TurnedAway {
    private final Introduction introduction;
    private final CompletableFuture<String> why = new CompletableFuture<>();

    /// @param introduction ends when others will have nothing to do with this member while it starts
    Farewell(Introduction introduction) {
        this.introduction = introduction;
    }

    @Override
    public void disowned(String text) {
        introduction.disowned(text);
    }

    @Override
    public void removed(String text) {
        introduction.disowned(text);
        why.complete(text);
    }

    /// Completes once, with how it is known.
    CompletionStage<String> why() {
        return why.minimalCompletionStage();
    }
}
