package io.metastore.machine;

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
    CHANGE_MEMBERS("ConfChange");

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
        };
    }
}
