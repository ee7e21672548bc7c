package io.metastore.machine;

import io.metastore.auth.AuthChange;
import io.metastore.auth.Permission;
import io.metastore.machine.replicated.AuthChange.Empty;
import io.metastore.machine.replicated.AuthChange.LogIn;
import io.metastore.machine.replicated.AuthChange.User;
import io.metastore.machine.replicated.AuthChange.UserRole;
import io.metastore.value.Bytes;

/// Changes of users, roles and permissions as the message AuthChange of replicated.proto.
final class AuthCodec {
    private AuthCodec() {}

    static io.metastore.machine.replicated.AuthChange encode(AuthChange change) {
        var out = io.metastore.machine.replicated.AuthChange.newBuilder();
        switch (change) {
            case AuthChange.Enable _ -> out.setEnable(Empty.getDefaultInstance());
            case AuthChange.Disable _ -> out.setDisable(Empty.getDefaultInstance());
            case AuthChange.AddUser add ->
                out.setAddUser(User.newBuilder()
                        .setName(add.name())
                        .setPasswordHash(add.passwordHash())
                        .setPasswordless(add.passwordless()));
            case AuthChange.DeleteUser(String name) -> out.setDeleteUser(name);
            case AuthChange.ChangePassword to ->
                out.setChangePassword(User.newBuilder().setName(to.name()).setPasswordHash(to.passwordHash()));
            case AuthChange.GrantRole(String user, String role) -> out.setGrantRole(pair(user, role));
            case AuthChange.RevokeRole(String user, String role) -> out.setRevokeRole(pair(user, role));
            case AuthChange.AddRole(String name) -> out.setAddRole(name);
            case AuthChange.DeleteRole(String name) -> out.setDeleteRole(name);
            case AuthChange.GrantPermission(String role, Permission permission) ->
                out.setGrantPermission(permission(role, permission));
            case AuthChange.RevokePermission revoke ->
                out.setRevokePermission(range(revoke.role(), revoke.key(), revoke.rangeEnd()));
            case AuthChange.LogIn in ->
                out.setLogIn(LogIn.newBuilder()
                        .setUser(in.user())
                        .setRevision(in.revision())
                        .setSecret(in.secret()));
        }
        return out.build();
    }

    private static UserRole pair(String user, String role) {
        return UserRole.newBuilder().setUser(user).setRole(role).build();
    }

    private static io.metastore.machine.replicated.AuthChange.Permission.Builder range(
            String role, Bytes key, Bytes rangeEnd) {
        return io.metastore.machine.replicated.AuthChange.Permission.newBuilder()
                .setRole(role)
                .setKey(ProtobufBytes.of(key))
                .setRangeEnd(ProtobufBytes.of(rangeEnd));
    }

    private static io.metastore.machine.replicated.AuthChange.Permission.Builder permission(
            String role, Permission permission) {
        return permission == null
                ? range(role, Bytes.EMPTY, Bytes.EMPTY)
                : range(role, permission.key(), permission.rangeEnd())
                        .setType(permission.type().ordinal())
                        .setGiven(true);
    }

    static AuthChange decode(io.metastore.machine.replicated.AuthChange message) {
        return switch (message.getChangeCase()) {
            case ENABLE -> new AuthChange.Enable();
            case DISABLE -> new AuthChange.Disable();
            case ADD_USER ->
                new AuthChange.AddUser(
                        message.getAddUser().getName(),
                        message.getAddUser().getPasswordHash(),
                        message.getAddUser().getPasswordless());
            case DELETE_USER -> new AuthChange.DeleteUser(message.getDeleteUser());
            case CHANGE_PASSWORD ->
                new AuthChange.ChangePassword(
                        message.getChangePassword().getName(),
                        message.getChangePassword().getPasswordHash());
            case GRANT_ROLE ->
                new AuthChange.GrantRole(
                        message.getGrantRole().getUser(), message.getGrantRole().getRole());
            case REVOKE_ROLE ->
                new AuthChange.RevokeRole(
                        message.getRevokeRole().getUser(),
                        message.getRevokeRole().getRole());
            case ADD_ROLE -> new AuthChange.AddRole(message.getAddRole());
            case DELETE_ROLE -> new AuthChange.DeleteRole(message.getDeleteRole());
            case GRANT_PERMISSION -> grant(message.getGrantPermission());
            case REVOKE_PERMISSION ->
                new AuthChange.RevokePermission(
                        message.getRevokePermission().getRole(),
                        ProtobufBytes.of(message.getRevokePermission().getKey()),
                        ProtobufBytes.of(message.getRevokePermission().getRangeEnd()));
            case LOG_IN ->
                new AuthChange.LogIn(
                        message.getLogIn().getUser(),
                        message.getLogIn().getRevision(),
                        message.getLogIn().getSecret());
            case CHANGE_NOT_SET -> throw new MalformedEntry("it holds a change of auth of an unknown kind", null);
        };
    }

    private static AuthChange.GrantPermission grant(io.metastore.machine.replicated.AuthChange.Permission message) {
        if (!message.getGiven()) {
            return new AuthChange.GrantPermission(message.getRole(), null);
        }
        Permission.Type[] types = Permission.Type.values();
        if (message.getType() < 0 || message.getType() >= types.length) {
            throw new MalformedEntry("it holds a permission of unknown type " + message.getType(), null);
        }
        return new AuthChange.GrantPermission(
                message.getRole(),
                new Permission(
                        types[message.getType()],
                        ProtobufBytes.of(message.getKey()),
                        ProtobufBytes.of(message.getRangeEnd())));
    }
}
