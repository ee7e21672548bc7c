package io.metastore.api;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.metastore.api.grpc.health.HealthCheckRequest;
import io.metastore.api.grpc.health.HealthCheckResponse;
import io.metastore.api.grpc.health.HealthCheckResponse.ServingStatus;
import io.metastore.api.grpc.health.HealthGrpc;
import io.metastore.api.grpc.health.HealthListRequest;
import io.metastore.api.grpc.health.HealthListResponse;
import java.util.ArrayList;
import java.util.List;

/// gRPC's own health service. Only the whole server, the empty name, has a status (GEN-02).
public final class HealthEndpoint extends HealthGrpc.HealthImplBase {
    private final List<StreamObserver<HealthCheckResponse>> watchers = new ArrayList<>();
    private boolean serving;

    /// Says from now on whether the server serves, to those who watch as well.
    public synchronized void serving(boolean now) {
        if (serving != now) {
            serving = now;
            watchers.forEach(watcher -> watcher.onNext(status()));
        }
    }

    /// Ends the calls that watch, for good: the server stops.
    public synchronized void close() {
        serving(false);
        watchers.forEach(StreamObserver::onCompleted);
        watchers.clear();
    }

    private synchronized HealthCheckResponse status() {
        return response(serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }

    private static HealthCheckResponse response(ServingStatus status) {
        return HealthCheckResponse.newBuilder().setStatus(status).build();
    }

    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
        if (!request.getService().isEmpty()) {
            observer.onError(Status.NOT_FOUND.withDescription("unknown service").asRuntimeException());
            return;
        }
        observer.onNext(status());
        observer.onCompleted();
    }

    @Override
    public void list(HealthListRequest request, StreamObserver<HealthListResponse> observer) {
        observer.onNext(
                HealthListResponse.newBuilder().putStatuses("", status()).build());
        observer.onCompleted();
    }

    @Override
    public synchronized void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
        if (!request.getService().isEmpty()) {
            // Stays open, as the protocol has it: the name might be known later. Here it never is.
            observer.onNext(response(ServingStatus.SERVICE_UNKNOWN));
            return;
        }
        ((ServerCallStreamObserver<HealthCheckResponse>) observer).setOnCancelHandler(() -> forget(observer));
        watchers.add(observer);
        observer.onNext(status());
    }

    private synchronized void forget(StreamObserver<HealthCheckResponse> watcher) {
        watchers.remove(watcher);
    }
}
