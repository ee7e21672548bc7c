package io.metastore.machine;

import io.metastore.mvcc.Pairs;
import java.util.ArrayList;
import java.util.List;

/// Which branches of a transaction run, nested ones included: decided before anything is executed, so no
/// compare sees a write of the same request (TXN-16).
///
/// @param nested the paths of the nested transactions among [#operations], in their order
record TxnPath(boolean succeeded, List<Operation> operations, List<TxnPath> nested) {
    static TxnPath of(Command.Txn txn, Pairs stored) {
        boolean succeeded = true;
        for (Compare compare : txn.compares()) {
            if (!compare.holds(stored)) {
                succeeded = false;
                break;
            }
        }
        List<Operation> operations = succeeded ? txn.success() : txn.failure();
        List<TxnPath> nested = new ArrayList<>(0);
        for (Operation operation : operations) {
            if (operation instanceof Operation.Nested inner) {
                nested.add(of(inner.txn(), stored));
            }
        }
        return new TxnPath(succeeded, operations, nested);
    }
}
