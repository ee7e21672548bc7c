package io.metastore.api;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.metastore.api.etcd.v3lockpb.LockRequest;
import io.metastore.api.etcd.v3lockpb.LockResponse;
import io.metastore.api.etcd.v3lockpb.MutinyLockGrpc;
import io.metastore.api.etcd.v3lockpb.UnlockRequest;
import io.metastore.api.etcd.v3lockpb.UnlockResponse;
import io.metastore.service.Locks;
import io.metastore.value.Bytes;
import io.smallrye.mutiny.Uni;

/// etcd's Lock service. In etcd it is a client of the store, whose errors it passes on as text: their code is UNKNOWN
/// (LCK-07).
public final class LockEndpoint extends MutinyLockGrpc.LockImplBase {
    private final Locks locks;
    private final Headers headers;

    public LockEndpoint(Locks locks, Headers headers) {
        this.locks = locks;
        this.headers = headers;
    }

    @Override
    public Uni<LockResponse> lock(LockRequest request) {
        return locks.lock(Bytes.wrap(request.getName().toByteArray()), request.getLease())
                .map(held -> LockResponse.newBuilder()
                        .setHeader(headers.of(held.revision()))
                        .setKey(UnsafeByteOperations.unsafeWrap(held.key().array()))
                        .build())
                .onFailure()
                .transform(LockEndpoint::unknown);
    }

    @Override
    public Uni<UnlockResponse> unlock(UnlockRequest request) {
        return locks.unlock(Bytes.wrap(request.getKey().toByteArray()))
                .map(revision -> UnlockResponse.newBuilder()
                        .setHeader(headers.of(revision))
                        .build())
                .onFailure()
                .transform(LockEndpoint::unknown);
    }

    private static Throwable unknown(Throwable failure) {
        Throwable known = failure instanceof Locks.Refused refused
                ? GrpcErrors.status(refused.error()).asRuntimeException()
                : GrpcErrors.grpc(failure);
        return Status.UNKNOWN
                .withDescription(Status.fromThrowable(known).getDescription())
                .asRuntimeException();
    }
}
