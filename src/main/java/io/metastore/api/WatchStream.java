package io.metastore.api;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.watch.Delivery;
import io.metastore.watch.Sink;
import io.metastore.watch.WatchHub;
import io.metastore.watch.WatchSession;

/// One Watch call: requests in, responses out (WAT-01).
///
/// Requests are taken from the transport a few at a time, the next ones when the hub has done the earlier
/// ones and there is room for their answers: so a client that asks and never reads fills its own connection
/// and nothing else.
final class WatchStream implements StreamObserver<WatchRequest>, Sink {
    private static final int REQUESTS_AT_ONCE = 16;

    private final ServerCallStreamObserver<WatchResponse> responses;
    private final WatchEncoder encoder;
    private final WatchSession session;

    WatchStream(WatchHub hub, WatchEncoder encoder, ServerCallStreamObserver<WatchResponse> responses) {
        this.responses = responses;
        this.encoder = encoder;
        responses.disableAutoRequest();
        this.session = hub.open(this);
        responses.setOnReadyHandler(session::ready);
        responses.setOnCancelHandler(session::close);
        responses.request(REQUESTS_AT_ONCE);
    }

    @Override
    public void onNext(WatchRequest request) {
        switch (request.getRequestUnionCase()) {
            case CREATE_REQUEST -> session.create(WatchEncoder.spec(request.getCreateRequest()));
            case CANCEL_REQUEST -> session.cancel(request.getCancelRequest().getWatchId());
            case PROGRESS_REQUEST -> session.requestProgress();
            case REQUESTUNION_NOT_SET -> responses.request(1);
        }
    }

    /// The call is cancelled or its connection lost: nobody is there to be told.
    @Override
    public void onError(Throwable cause) {
        session.close();
    }

    /// The client sends no more requests, and goes on to get events (WAT-37).
    @Override
    public void onCompleted() {}

    @Override
    public boolean isReady() {
        return responses.isReady();
    }

    @Override
    public void send(Delivery delivery) {
        encoder.encode(delivery, responses::onNext);
    }

    @Override
    public void demand() {
        responses.request(1);
    }

    @Override
    public void end(Throwable cause) {
        if (responses.isCancelled()) {
            return;
        }
        if (cause == null) {
            responses.onError(Status.UNAVAILABLE
                    .withDescription("etcdserver: server stopped")
                    .asRuntimeException());
        } else {
            responses.onError(Status.INTERNAL
                    .withDescription("etcdserver: watch failed")
                    .withCause(cause)
                    .asRuntimeException());
        }
    }
}
