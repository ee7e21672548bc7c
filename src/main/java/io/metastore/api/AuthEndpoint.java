package io.metastore.api;

import io.metastore.api.etcd.etcdserverpb.AuthDisableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthDisableResponse;
import io.metastore.api.etcd.etcdserverpb.AuthRoleListRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleListResponse;
import io.metastore.api.etcd.etcdserverpb.AuthStatusRequest;
import io.metastore.api.etcd.etcdserverpb.AuthStatusResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserListRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserListResponse;
import io.metastore.api.etcd.etcdserverpb.AuthenticateRequest;
import io.metastore.api.etcd.etcdserverpb.AuthenticateResponse;
import io.metastore.api.etcd.etcdserverpb.MutinyAuthGrpc;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.service.Reading;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;

/// etcd's Auth service of a store whose authentication is off and cannot be switched on: the calls whose answer is
/// known for that reason. The others are in [UnbuiltCalls].
///
/// Clients that were given credentials authenticate first, and go on without a token when they hear that
/// authentication is off.
public final class AuthEndpoint extends MutinyAuthGrpc.AuthImplBase {
    /// What etcd counts from; every change of users, roles and permissions adds one.
    private static final long FIRST_REVISION = 1;

    private final Reading reading;
    private final Headers headers;

    public AuthEndpoint(Reading reading, Headers headers) {
        this.reading = reading;
        this.headers = headers;
    }

    @Override
    public Uni<AuthenticateResponse> authenticate(AuthenticateRequest request) {
        return Uni.createFrom().failure(GrpcErrors.grpc(new RefusedRequest(StoreError.AUTH_NOT_ENABLED)));
    }

    @Override
    public Uni<AuthStatusResponse> authStatus(AuthStatusRequest request) {
        return header().map(header -> AuthStatusResponse.newBuilder()
                .setHeader(header)
                .setAuthRevision(FIRST_REVISION)
                .build());
    }

    /// Leaves off what is off, which etcd does not refuse.
    @Override
    public Uni<AuthDisableResponse> authDisable(AuthDisableRequest request) {
        return header().map(header ->
                AuthDisableResponse.newBuilder().setHeader(header).build());
    }

    /// Lists nobody: there is no call that adds users.
    @Override
    public Uni<AuthUserListResponse> userList(AuthUserListRequest request) {
        return header().map(header ->
                AuthUserListResponse.newBuilder().setHeader(header).build());
    }

    /// Lists nothing: there is no call that adds roles.
    @Override
    public Uni<AuthRoleListResponse> roleList(AuthRoleListRequest request) {
        return header().map(header ->
                AuthRoleListResponse.newBuilder().setHeader(header).build());
    }

    private Uni<ResponseHeader> header() {
        return reading.linearizable(view -> headers.of(view.revision()))
                .onFailure()
                .transform(GrpcErrors::grpc);
    }
}
