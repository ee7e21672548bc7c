package io.metastore.service;

import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.ReadTxn;
import io.metastore.machine.Result;
import io.metastore.mvcc.View;

/// A transaction that only reads, timed. An attempt that the room for answers does not suffice for is not
/// counted.
///
/// @param askedNanos when the request came
record TimedTxn(RequestMetrics requests, long askedNanos, Command.Txn txn, ResponseShare share)
        implements Reading.Read<Outcome<Result.Txn>> {
    @Override
    public Outcome<Result.Txn> from(View view) {
        share.begin();
        Outcome<Result.Txn> outcome = ReadTxn.run(txn, view, share);
        share.read();
        requests.txnRead(outcome, System.nanoTime() - askedNanos);
        return outcome;
    }

    @Override
    public void failed() {
        requests.readTxns().record(false, System.nanoTime() - askedNanos);
    }
}
