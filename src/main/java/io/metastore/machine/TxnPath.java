package io.metastore.machine;

import io.metastore.mvcc.Pairs;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/// Which branches of a transaction run, nested ones included: decided before anything is executed, so no
/// compare sees a write of the same request (TXN-16).
///
/// @param nested the paths of the nested transactions among [#operations], in their order
record TxnPath(boolean succeeded, List<Operation> operations, List<TxnPath> nested) {
    static TxnPath of(Command.Txn txn, Pairs stored) {
        return of(txn, compared -> allHold(compared, stored));
    }

    /// The path that was taken before.
    ///
    /// @param decisions what [#decisions] said then
    static TxnPath of(Command.Txn txn, List<Boolean> decisions) {
        Iterator<Boolean> next = decisions.iterator();
        return of(txn, _ -> next.next());
    }

    private static TxnPath of(Command.Txn txn, Predicate<Command.Txn> decide) {
        boolean succeeded = decide.test(txn);
        List<Operation> operations = succeeded ? txn.success() : txn.failure();
        List<TxnPath> nested = new ArrayList<>(0);
        for (Operation operation : operations) {
            if (operation instanceof Operation.Nested inner) {
                nested.add(of(inner.txn(), decide));
            }
        }
        return new TxnPath(succeeded, operations, nested);
    }

    private static boolean allHold(Command.Txn txn, Pairs stored) {
        for (Compare compare : txn.compares()) {
            if (!compare.holds(stored)) {
                return false;
            }
        }
        return true;
    }

    /// Whether this transaction succeeded, then the same of the nested ones, in their order.
    List<Boolean> decisions() {
        List<Boolean> decisions = new ArrayList<>();
        addTo(decisions);
        return decisions;
    }

    private void addTo(List<Boolean> decisions) {
        decisions.add(succeeded);
        nested.forEach(inner -> inner.addTo(decisions));
    }
}
