package io.metastore.api;

import com.google.protobuf.UnsafeByteOperations;
import io.metastore.api.etcd.v3lockpb.LockRequest;
import io.metastore.api.etcd.v3lockpb.LockResponse;
import io.metastore.api.etcd.v3lockpb.MutinyLockGrpc;
import io.metastore.api.etcd.v3lockpb.UnlockRequest;
import io.metastore.api.etcd.v3lockpb.UnlockResponse;
import io.metastore.service.Locks;
import io.metastore.value.Bytes;
import io.smallrye.mutiny.Uni;

/// etcd's Lock service; its errors are texts (LCK-07).
public final class LockEndpoint extends MutinyLockGrpc.LockImplBase {
    private final Locks locks;
    private final Headers headers;

    public LockEndpoint(Locks locks, Headers headers) {
        this.locks = locks;
        this.headers = headers;
    }

    @Override
    public Uni<LockResponse> lock(LockRequest request) {
        return locks.as(Callers.current())
                .lock(Bytes.wrap(request.getName().toByteArray()), request.getLease())
                .map(held -> LockResponse.newBuilder()
                        .setHeader(headers.of(held.revision()))
                        .setKey(UnsafeByteOperations.unsafeWrap(held.key().array()))
                        .build())
                .onFailure()
                .transform(GrpcErrors::asText);
    }

    @Override
    public Uni<UnlockResponse> unlock(UnlockRequest request) {
        return locks.as(Callers.current())
                .unlock(Bytes.wrap(request.getKey().toByteArray()))
                .map(revision -> UnlockResponse.newBuilder()
                        .setHeader(headers.of(revision))
                        .build())
                .onFailure()
                .transform(GrpcErrors::asText);
    }
}
