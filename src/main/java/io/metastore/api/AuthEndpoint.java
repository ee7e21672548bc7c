package io.metastore.api;

import io.metastore.api.etcd.authpb.Permission;
import io.metastore.api.etcd.etcdserverpb.AuthDisableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthDisableResponse;
import io.metastore.api.etcd.etcdserverpb.AuthEnableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthEnableResponse;
import io.metastore.api.etcd.etcdserverpb.AuthRoleAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleAddResponse;
import io.metastore.api.etcd.etcdserverpb.AuthRoleDeleteRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleDeleteResponse;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGetRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGetResponse;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGrantPermissionResponse;
import io.metastore.api.etcd.etcdserverpb.AuthRoleListRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleListResponse;
import io.metastore.api.etcd.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleRevokePermissionResponse;
import io.metastore.api.etcd.etcdserverpb.AuthStatusRequest;
import io.metastore.api.etcd.etcdserverpb.AuthStatusResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserAddResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserChangePasswordRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserChangePasswordResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserDeleteRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserDeleteResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserGetRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserGetResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserGrantRoleRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserGrantRoleResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserListRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserListResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserRevokeRoleRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserRevokeRoleResponse;
import io.metastore.api.etcd.etcdserverpb.AuthenticateRequest;
import io.metastore.api.etcd.etcdserverpb.AuthenticateResponse;
import io.metastore.api.etcd.etcdserverpb.MutinyAuthGrpc;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.auth.AuthChange;
import io.metastore.auth.AuthState;
import io.metastore.auth.Role;
import io.metastore.auth.User;
import io.metastore.machine.ProtobufBytes;
import io.metastore.machine.Result;
import io.metastore.service.AuthService;
import io.metastore.value.Bytes;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.function.Function;

/// etcd's Auth service.
public final class AuthEndpoint extends MutinyAuthGrpc.AuthImplBase {
    /// Everything (AUT-05).
    private static final Permission ALL = Permission.newBuilder()
            .setPermType(Permission.Type.READWRITE)
            .setRangeEnd(ProtobufBytes.of(Bytes.wrap(new byte[] {0})))
            .build();

    private final AuthService auth;
    private final Headers headers;

    public AuthEndpoint(AuthService auth, Headers headers) {
        this.auth = auth;
        this.headers = headers;
    }

    private <T> Uni<T> change(AuthChange change, Function<ResponseHeader, T> response) {
        return answer(auth.change(Callers.current(), change), response);
    }

    private <T> Uni<T> answer(
            Uni<io.metastore.machine.Outcome<Result.ChangeAuth>> changed, Function<ResponseHeader, T> response) {
        return Answers.of(changed, done -> response.apply(headers.of(done.revision())));
    }

    private static <T> Uni<T> found(Uni<T> found) {
        return found.onFailure().transform(GrpcErrors::grpc);
    }

    @Override
    public Uni<AuthEnableResponse> authEnable(AuthEnableRequest request) {
        return change(
                new AuthChange.Enable(),
                header -> AuthEnableResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public Uni<AuthDisableResponse> authDisable(AuthDisableRequest request) {
        return change(
                new AuthChange.Disable(),
                header -> AuthDisableResponse.newBuilder().setHeader(header).build());
    }

    /// Tells everybody (AUT-06).
    @Override
    public Uni<AuthStatusResponse> authStatus(AuthStatusRequest request) {
        return found(auth.read(Callers.current(), (_, _) -> Optional.empty())
                .map(now -> AuthStatusResponse.newBuilder()
                        .setHeader(headers.of(now.revision()))
                        .setEnabled(now.state().enabled())
                        .setAuthRevision(now.state().revision())
                        .build()));
    }

    @Override
    public Uni<AuthenticateResponse> authenticate(AuthenticateRequest request) {
        return found(auth.logIn(request.getName(), request.getPassword())
                .map(in -> AuthenticateResponse.newBuilder()
                        .setHeader(headers.of(in.revision()))
                        .setToken(in.token())
                        .build()));
    }

    @Override
    public Uni<AuthUserAddResponse> userAdd(AuthUserAddRequest request) {
        return answer(
                auth.addUser(
                        Callers.current(),
                        request.getName(),
                        request.getPassword(),
                        request.getOptions().getNoPassword()),
                header -> AuthUserAddResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public Uni<AuthUserGetResponse> userGet(AuthUserGetRequest request) {
        String name = request.getName();
        return found(auth.read(
                        Callers.current(),
                        (state, who) -> name.equals(who.user()) ? Optional.empty() : state.mayAdminister(who))
                .map(now -> {
                    User user = now.state().users().get(name);
                    if (user == null) {
                        throw new RefusedRequest(StoreError.USER_NOT_FOUND);
                    }
                    return AuthUserGetResponse.newBuilder()
                            .setHeader(headers.of(now.revision()))
                            .addAllRoles(user.roles())
                            .build();
                }));
    }

    @Override
    public Uni<AuthUserListResponse> userList(AuthUserListRequest request) {
        return found(auth.read(Callers.current(), AuthState::mayAdminister)
                .map(now -> AuthUserListResponse.newBuilder()
                        .setHeader(headers.of(now.revision()))
                        .addAllUsers(now.state().userNames())
                        .build()));
    }

    @Override
    public Uni<AuthUserDeleteResponse> userDelete(AuthUserDeleteRequest request) {
        return change(
                new AuthChange.DeleteUser(request.getName()),
                header -> AuthUserDeleteResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public Uni<AuthUserChangePasswordResponse> userChangePassword(AuthUserChangePasswordRequest request) {
        return answer(
                auth.changePassword(
                        Callers.current(), request.getName(), request.getPassword(), request.getHashedPassword()),
                header -> AuthUserChangePasswordResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    @Override
    public Uni<AuthUserGrantRoleResponse> userGrantRole(AuthUserGrantRoleRequest request) {
        return change(
                new AuthChange.GrantRole(request.getUser(), request.getRole()),
                header ->
                        AuthUserGrantRoleResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public Uni<AuthUserRevokeRoleResponse> userRevokeRole(AuthUserRevokeRoleRequest request) {
        return change(
                new AuthChange.RevokeRole(request.getName(), request.getRole()),
                header -> AuthUserRevokeRoleResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    @Override
    public Uni<AuthRoleAddResponse> roleAdd(AuthRoleAddRequest request) {
        return change(
                new AuthChange.AddRole(request.getName()),
                header -> AuthRoleAddResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public Uni<AuthRoleGetResponse> roleGet(AuthRoleGetRequest request) {
        String name = request.getRole();
        return found(auth.read(
                        Callers.current(),
                        (state, who) -> state.hasRole(who.user(), name) ? Optional.empty() : state.mayAdminister(who))
                .map(now -> {
                    Role role = now.state().roles().get(name);
                    if (role == null) {
                        throw new RefusedRequest(StoreError.ROLE_NOT_FOUND);
                    }
                    AuthRoleGetResponse.Builder response =
                            AuthRoleGetResponse.newBuilder().setHeader(headers.of(now.revision()));
                    if (name.equals(Role.ROOT)) {
                        response.addPerm(ALL);
                    } else {
                        role.permissions().forEach(permission -> response.addPerm(message(permission)));
                    }
                    return response.build();
                }));
    }

    private static Permission message(io.metastore.auth.Permission permission) {
        return Permission.newBuilder()
                .setPermTypeValue(permission.type().ordinal())
                .setKey(ProtobufBytes.of(permission.key()))
                .setRangeEnd(ProtobufBytes.of(permission.rangeEnd()))
                .build();
    }

    @Override
    public Uni<AuthRoleListResponse> roleList(AuthRoleListRequest request) {
        return found(auth.read(Callers.current(), AuthState::mayAdminister)
                .map(now -> AuthRoleListResponse.newBuilder()
                        .setHeader(headers.of(now.revision()))
                        .addAllRoles(now.state().roleNames())
                        .build()));
    }

    @Override
    public Uni<AuthRoleDeleteResponse> roleDelete(AuthRoleDeleteRequest request) {
        return change(
                new AuthChange.DeleteRole(request.getRole()),
                header -> AuthRoleDeleteResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public Uni<AuthRoleGrantPermissionResponse> roleGrantPermission(AuthRoleGrantPermissionRequest request) {
        return Answers.checked(() -> change(
                new AuthChange.GrantPermission(
                        request.getName(), request.hasPerm() ? permission(request.getPerm()) : null),
                header -> AuthRoleGrantPermissionResponse.newBuilder()
                        .setHeader(header)
                        .build()));
    }

    /// A permission of a type that is none allows nothing in etcd; here it is refused.
    private static io.metastore.auth.Permission permission(Permission permission) {
        io.metastore.auth.Permission.Type type = switch (permission.getPermType()) {
            case READ -> io.metastore.auth.Permission.Type.READ;
            case WRITE -> io.metastore.auth.Permission.Type.WRITE;
            case READWRITE -> io.metastore.auth.Permission.Type.READ_WRITE;
            case UNRECOGNIZED -> throw new RefusedRequest(StoreError.INVALID_AUTH_MANAGEMENT);
        };
        return new io.metastore.auth.Permission(
                type, ProtobufBytes.of(permission.getKey()), ProtobufBytes.of(permission.getRangeEnd()));
    }

    @Override
    public Uni<AuthRoleRevokePermissionResponse> roleRevokePermission(AuthRoleRevokePermissionRequest request) {
        return change(
                new AuthChange.RevokePermission(
                        request.getRole(), ProtobufBytes.of(request.getKey()), ProtobufBytes.of(request.getRangeEnd())),
                header -> AuthRoleRevokePermissionResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }
}
