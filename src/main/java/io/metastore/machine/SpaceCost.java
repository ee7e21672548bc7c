package io.metastore.machine;

import java.util.List;

/// What a command is held to cost against the quota, in bytes (ALM-01, TXN-29, LEA-30).
public final class SpaceCost {
    /// Fixed cost of a put beside its key and value.
    private static final long PUT = 256;

    private static final long LEASE_GRANT = 64;

    private SpaceCost() {}

    public static long of(Command<?> command) {
        return switch (command) {
            case Command.Put put -> ofPut(put);
            case Command.Txn txn -> Math.max(ofBranch(txn.success()), ofBranch(txn.failure()));
            case Command.LeaseGrant _ -> LEASE_GRANT;
            case Command.DeleteRange _,
                    Command.Compact _,
                    Command.LeaseRevoke _,
                    Command.AlarmChange _,
                    Command.ClusterStart _,
                    Command.MemberPublish _,
                    Command.ChangeMembers _,
                    Command.ChangeAuth _ -> 0;
            case Command.As<?> as -> of(as.command());
        };
    }

    private static long ofPut(Command.Put put) {
        return PUT + put.key().length() + put.value().length();
    }

    private static long ofBranch(List<Operation> operations) {
        long cost = 0;
        for (Operation operation : operations) {
            cost += switch (operation) {
                case Operation.Put put -> ofPut(put.put());
                case Operation.Nested nested -> of(nested.txn());
                case Operation.Range _, Operation.Delete _ -> 0;
            };
        }
        return cost;
    }
}
