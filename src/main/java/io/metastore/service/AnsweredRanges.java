package io.metastore.service;

import io.metastore.machine.Command;
import io.metastore.machine.Operation;
import io.metastore.mvcc.RangeQuery;
import java.util.ArrayList;
import java.util.List;

/// What a write may answer with besides its outcome: the ranges that it reads, and the pairs that it deletes
/// where those are asked for.
final class AnsweredRanges {
    private AnsweredRanges() {}

    /// Those of both branches of a transaction, since only applying it shows which one runs.
    static List<RangeQuery> of(Command<?> command) {
        List<RangeQuery> found = new ArrayList<>(0);
        switch (command.plain()) {
            case Command.DeleteRange delete -> add(delete, found);
            case Command.Txn txn -> add(txn, found);
            // A pair that a put replaces is one value; the rest answers with next to nothing.
            case Command.Put _,
                    Command.Compact _,
                    Command.LeaseGrant _,
                    Command.LeaseRevoke _,
                    Command.AlarmChange _,
                    Command.ClusterStart _,
                    Command.MemberPublish _,
                    Command.ChangeMembers _,
                    Command.ChangeAuth _ -> {}
            case Command.As<?> as -> throw new IllegalStateException("a plain command is none of somebody's: " + as);
        }
        return found;
    }

    private static void add(Command.Txn txn, List<RangeQuery> found) {
        add(txn.success(), found);
        add(txn.failure(), found);
    }

    private static void add(List<Operation> operations, List<RangeQuery> found) {
        for (Operation operation : operations) {
            switch (operation) {
                case Operation.Range range -> found.add(range.query());
                case Operation.Delete delete -> add(delete.delete(), found);
                case Operation.Nested nested -> add(nested.txn(), found);
                case Operation.Put _ -> {}
            }
        }
    }

    private static void add(Command.DeleteRange delete, List<RangeQuery> found) {
        if (delete.previous()) {
            found.add(RangeQuery.all(delete.range()));
        }
    }

    /// Whether one of them may be more than a single pair.
    static boolean anyWide(List<RangeQuery> ranges) {
        for (RangeQuery query : ranges) {
            if (!query.range().isSingle() && query.detail() != RangeQuery.Detail.COUNT_ONLY) {
                return true;
            }
        }
        return false;
    }
}
