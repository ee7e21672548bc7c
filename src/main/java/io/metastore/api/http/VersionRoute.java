package io.metastore.api.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/// `/version`: the level of the API that this server speaks, that the cluster has agreed on, and that its
/// data has (HTH-07).
public final class VersionRoute implements HttpRoutes.HttpRoute {
    /// Answered for a version of the cluster that is not agreed on yet.
    public static final String NOT_DECIDED = "not_decided";

    private final String server;
    private final Supplier<String> cluster;
    private final Supplier<String> storage;

    public VersionRoute(String server, Supplier<String> cluster, Supplier<String> storage) {
        this.server = server;
        this.cluster = cluster;
        this.storage = storage;
    }

    @Override
    public CompletionStage<HttpResponse> answer(HttpRequest request) {
        String json = "{\"etcdserver\":%s,\"etcdcluster\":%s,\"storage\":%s}"
                .formatted(JsonText.quoted(server), JsonText.quoted(cluster.get()), JsonText.quoted(storage.get()));
        return CompletableFuture.completedFuture(HttpResponse.json(200, json));
    }
}
