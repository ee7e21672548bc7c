package io.metastore.api;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import io.metastore.value.StoreError;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// What a member answers before it has a vote: how it is, and ranges of what it has itself, which the KV service checks
/// (GEN-17). gRPC's own health service answers, too, so that a probe does not end a member that catches up.
public final class LearnerRules implements ServerInterceptor {
    private static final Set<String> ANSWERED = Set.of(
            KVGrpc.getRangeMethod().getFullMethodName(),
            MaintenanceGrpc.getStatusMethod().getFullMethodName(),
            MaintenanceGrpc.getSnapshotMethod().getFullMethodName());
    private static final String HEALTH = "grpc.health.v1.Health";

    private final BooleanSupplier learner;

    /// @param learner whether this member has no vote
    public LearnerRules(BooleanSupplier learner) {
        this.learner = learner;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (learner.getAsBoolean()
                && !ANSWERED.contains(call.getMethodDescriptor().getFullMethodName())
                && !HEALTH.equals(call.getMethodDescriptor().getServiceName())) {
            call.close(GrpcErrors.status(StoreError.NOT_SUPPORTED_FOR_LEARNER), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }
}
