package io.metastore.api;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import io.metastore.consensus.Unavailable;
import io.metastore.service.AccessControl;
import io.metastore.service.Denied;
import io.metastore.service.login.Credentials;
import io.metastore.value.KeyRange;
import io.metastore.value.StoreError;
import io.metastore.watch.Delivery;
import io.metastore.watch.Sink;
import io.metastore.watch.WatchHub;
import io.metastore.watch.WatchSession;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

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
    private final AccessControl access;
    private final Credentials caller = Callers.current();
    /// Who has created watchers, once somebody has while permissions were checked. Of the hub's live thread.
    private String user;

    WatchStream(
            WatchHub hub,
            WatchEncoder encoder,
            AccessControl access,
            ServerCallStreamObserver<WatchResponse> responses) {
        this.responses = responses;
        this.access = access;
        this.encoder = encoder;
        responses.disableAutoRequest();
        this.session = hub.open(this);
        responses.setOnReadyHandler(session::ready);
        responses.setOnCancelHandler(session::close);
        // A client may have its token from a member that has applied more than this one.
        access.settled(caller, () -> Uni.createFrom().voidItem())
                .subscribe()
                .with(_ -> responses.request(REQUESTS_AT_ONCE), this::end);
    }

    @Override
    public Optional<Delivery.Refusal> refusal(KeyRange range) {
        AuthState now = access.state();
        if (!now.enabled()) {
            return Optional.empty();
        }
        try {
            Principal who = access.who(caller);
            user = who.user();
            return now.mayRead(who, range).map(WatchStream::reason);
        } catch (Denied denied) {
            return Optional.of(reason(denied.error()));
        }
    }

    /// Looks at who created the watchers: the token may have run out since, and that is no reason.
    @Override
    public Optional<Delivery.Refusal> revocation(KeyRange range) {
        AuthState now = access.state();
        return user == null
                ? refusal(range)
                : now.mayRead(new Principal(user, now.revision()), range).map(WatchStream::reason);
    }

    private static Delivery.Refusal reason(StoreError error) {
        return switch (error) {
            case INVALID_AUTH_TOKEN -> Delivery.Refusal.INVALID_TOKEN;
            case AUTH_OLD_REVISION -> Delivery.Refusal.OLD_REVISION;
            case USER_EMPTY -> Delivery.Refusal.USER_EMPTY;
            default -> Delivery.Refusal.PERMISSION_DENIED;
        };
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
        if (cause instanceof Unavailable) {
            responses.onError(GrpcErrors.grpc(cause));
        } else if (cause == null) {
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
