package io.metastore.blackbox;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.authpb.Permission;
import io.metastore.api.etcd.authpb.UserAddOptions;
import io.metastore.api.etcd.etcdserverpb.AuthDisableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthEnableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthGrpc;
import io.metastore.api.etcd.etcdserverpb.AuthRoleAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleDeleteRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGetRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleListRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.metastore.api.etcd.etcdserverpb.AuthStatusRequest;
import io.metastore.api.etcd.etcdserverpb.AuthStatusResponse;
import io.metastore.api.etcd.etcdserverpb.AuthUserAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserChangePasswordRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserDeleteRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserGetRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserGrantRoleRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserListRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserRevokeRoleRequest;
import io.metastore.api.etcd.etcdserverpb.AuthenticateRequest;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Short forms of the calls of etcd's Auth service, by who has `client`.
public record Accounts(Client client) {
    /// Makes a user root with the password of that name and the role root, and switches permissions on. Returns the
    /// client of that user, for the caller to close.
    public static Client enable(Member member) {
        Accounts accounts = new Accounts(member.client());
        accounts.addUser("root");
        accounts.grantRole("root", "root");
        accounts.enable();
        return accounts.logIn(member, "root");
    }

    public AuthGrpc.AuthBlockingStub stub() {
        return AuthGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(Client.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    public void enable() {
        var ignored = stub().authEnable(AuthEnableRequest.getDefaultInstance());
    }

    public void disable() {
        var ignored = stub().authDisable(AuthDisableRequest.getDefaultInstance());
    }

    public AuthStatusResponse status() {
        return stub().authStatus(AuthStatusRequest.getDefaultInstance());
    }

    public long revision() {
        return status().getAuthRevision();
    }

    /// Adds a user whose password is its name.
    public void addUser(String name) {
        var ignored = stub().userAdd(AuthUserAddRequest.newBuilder()
                .setName(name)
                .setPassword(name)
                .build());
    }

    public void addUserWithoutPassword(String name) {
        var ignored = stub().userAdd(AuthUserAddRequest.newBuilder()
                .setName(name)
                .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                .build());
    }

    public void deleteUser(String name) {
        var ignored = stub().userDelete(
                        AuthUserDeleteRequest.newBuilder().setName(name).build());
    }

    public void changePassword(String name, String password) {
        var ignored = stub().userChangePassword(AuthUserChangePasswordRequest.newBuilder()
                .setName(name)
                .setPassword(password)
                .build());
    }

    public void grantRole(String user, String role) {
        var ignored = stub().userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                .setUser(user)
                .setRole(role)
                .build());
    }

    public void revokeRole(String user, String role) {
        var ignored = stub().userRevokeRole(AuthUserRevokeRoleRequest.newBuilder()
                .setName(user)
                .setRole(role)
                .build());
    }

    public List<String> rolesOf(String user) {
        return stub().userGet(AuthUserGetRequest.newBuilder().setName(user).build())
                .getRolesList();
    }

    public List<String> users() {
        return stub().userList(AuthUserListRequest.getDefaultInstance()).getUsersList();
    }

    public void addRole(String name) {
        var ignored =
                stub().roleAdd(AuthRoleAddRequest.newBuilder().setName(name).build());
    }

    public void deleteRole(String name) {
        var ignored = stub().roleDelete(
                        AuthRoleDeleteRequest.newBuilder().setRole(name).build());
    }

    public List<String> roles() {
        return stub().roleList(AuthRoleListRequest.getDefaultInstance()).getRolesList();
    }

    public List<Permission> permissionsOf(String role) {
        return stub().roleGet(AuthRoleGetRequest.newBuilder().setRole(role).build())
                .getPermList();
    }

    public static Permission permission(Permission.Type type, ByteString key, ByteString end) {
        return Permission.newBuilder()
                .setPermType(type)
                .setKey(key)
                .setRangeEnd(end)
                .build();
    }

    public void grant(String role, Permission.Type type, ByteString key, ByteString end) {
        var ignored = stub().roleGrantPermission(AuthRoleGrantPermissionRequest.newBuilder()
                .setName(role)
                .setPerm(permission(type, key, end))
                .build());
    }

    public void revoke(String role, ByteString key, ByteString end) {
        var ignored = stub().roleRevokePermission(AuthRoleRevokePermissionRequest.newBuilder()
                .setRole(role)
                .setKey(key)
                .setRangeEnd(end)
                .build());
    }

    public String token(String user, String password) {
        return stub().authenticate(AuthenticateRequest.newBuilder()
                        .setName(user)
                        .setPassword(password)
                        .build())
                .getToken();
    }

    /// A client of a user whose password is its name, for the caller to close.
    public Client logIn(Member member, String user) {
        return Client.withToken(member.endpoint(), token(user, user));
    }

    /// Adds a user and a role of the same name that it has, with one permission, and logs in.
    public Client userWith(Member member, String user, Permission.Type type, ByteString key, ByteString end) {
        addUser(user);
        addRole(user);
        grantRole(user, user);
        grant(user, type, key, end);
        return logIn(member, user);
    }
}
