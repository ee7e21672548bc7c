package io.metastore.machine;

import io.metastore.auth.AuthChange;

/// Kinds of commands, under the names that etcd's metrics have for them.
public enum CommandType {
    PUT("Put"),
    DELETE_RANGE("DeleteRange"),
    TXN("Txn"),
    COMPACTION("Compaction"),
    LEASE_GRANT("LeaseGrant"),
    LEASE_REVOKE("LeaseRevoke"),
    ALARM("Alarm"),
    CLUSTER_START("ClusterStart"),
    MEMBER_PUBLISH("ClusterMemberAttrSet"),
    CHANGE_MEMBERS("ConfChange"),
    AUTH_ENABLE("AuthEnable"),
    AUTH_DISABLE("AuthDisable"),
    USER_ADD("AuthUserAdd"),
    USER_DELETE("AuthUserDelete"),
    USER_CHANGE_PASSWORD("AuthUserChangePassword"),
    USER_GRANT_ROLE("AuthUserGrantRole"),
    USER_REVOKE_ROLE("AuthUserRevokeRole"),
    ROLE_ADD("AuthRoleAdd"),
    ROLE_DELETE("AuthRoleDelete"),
    ROLE_GRANT_PERMISSION("AuthRoleGrantPermission"),
    ROLE_REVOKE_PERMISSION("AuthRoleRevokePermission"),
    AUTHENTICATE("Authenticate");

    private final String etcdName;

    CommandType(String etcdName) {
        this.etcdName = etcdName;
    }

    public String etcdName() {
        return etcdName;
    }

    public static CommandType of(Command<?> command) {
        return switch (command) {
            case Command.Put _ -> PUT;
            case Command.DeleteRange _ -> DELETE_RANGE;
            case Command.Txn _ -> TXN;
            case Command.Compact _ -> COMPACTION;
            case Command.LeaseGrant _ -> LEASE_GRANT;
            case Command.LeaseRevoke _ -> LEASE_REVOKE;
            case Command.AlarmChange _ -> ALARM;
            case Command.ClusterStart _ -> CLUSTER_START;
            case Command.MemberPublish _ -> MEMBER_PUBLISH;
            case Command.ChangeMembers _ -> CHANGE_MEMBERS;
            case Command.ChangeAuth(AuthChange change) -> of(change);
            case Command.As<?> as -> of(as.command());
        };
    }

    private static CommandType of(AuthChange change) {
        return switch (change) {
            case AuthChange.Enable _ -> AUTH_ENABLE;
            case AuthChange.Disable _ -> AUTH_DISABLE;
            case AuthChange.AddUser _ -> USER_ADD;
            case AuthChange.DeleteUser _ -> USER_DELETE;
            case AuthChange.ChangePassword _ -> USER_CHANGE_PASSWORD;
            case AuthChange.GrantRole _ -> USER_GRANT_ROLE;
            case AuthChange.RevokeRole _ -> USER_REVOKE_ROLE;
            case AuthChange.AddRole _ -> ROLE_ADD;
            case AuthChange.DeleteRole _ -> ROLE_DELETE;
            case AuthChange.GrantPermission _ -> ROLE_GRANT_PERMISSION;
            case AuthChange.RevokePermission _ -> ROLE_REVOKE_PERMISSION;
            case AuthChange.LogIn _ -> AUTHENTICATE;
        };
    }
}
