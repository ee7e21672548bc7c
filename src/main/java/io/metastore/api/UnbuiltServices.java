package io.metastore.api;

import io.grpc.ServerServiceDefinition;
import io.metastore.api.etcd.etcdserverpb.AuthGrpc;
import io.metastore.api.etcd.v3electionpb.ElectionGrpc;
import io.metastore.api.etcd.v3lockpb.LockGrpc;
import java.util.List;

/// Services of etcd's contract that are not there yet. They are registered all the same, so that every call of
/// them is answered with UNIMPLEMENTED by name and counted as any other.
public final class UnbuiltServices {
    private UnbuiltServices() {}

    public static List<ServerServiceDefinition> all() {
        return List.of(
                new AuthGrpc.AuthImplBase() {}.bindService(),
                new LockGrpc.LockImplBase() {}.bindService(),
                new ElectionGrpc.ElectionImplBase() {}.bindService());
    }
}
