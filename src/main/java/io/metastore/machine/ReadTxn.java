package io.metastore.machine;

import io.metastore.mvcc.Allowance;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.value.StoreError;
import java.util.ArrayList;
import java.util.List;

/// A transaction that only reads, answered from one view without the log (TXN-25).
public final class ReadTxn {
    private ReadTxn() {}

    /// Runs `txn`, whose branches hold range operations alone.
    ///
    /// @param allowance memory for what the operations find
    public static Outcome<Result.Txn> run(Command.Txn txn, View view, Allowance allowance) {
        TxnPath path = TxnPath.of(txn, view);
        List<Result> responses = new ArrayList<>();
        try {
            for (Operation operation : path.operations()) {
                RangeQuery query = ((Operation.Range) operation).query();
                if (query.revision() < 0 && view.compactedRevision() > query.revision()) {
                    return new Outcome.Refused<>(StoreError.COMPACTED);
                }
                responses.add(new Result.Range(view.range(query, allowance)));
            }
        } catch (RevisionUnavailable e) {
            return new Outcome.Refused<>(e.error());
        }
        return new Outcome.Done<>(new Result.Txn(path.succeeded(), responses, view.revision()));
    }
}
