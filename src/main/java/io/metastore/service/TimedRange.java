package io.metastore.service;

import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RangeResult;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;

/// A range that is timed. An attempt that memory or the room for answers does not suffice for is not counted: it
/// is made once more.
///
/// @param askedNanos when the request came
/// @param inMemory   whether to read from memory alone
record TimedRange(RequestMetrics requests, long askedNanos, RangeQuery query, ResponseShare share, boolean inMemory)
        implements Reading.Read<Outcome<Result.Range>> {
    @Override
    public Outcome<Result.Range> from(View view) {
        long started = System.nanoTime();
        Outcome<Result.Range> outcome = read(view);
        long ended = System.nanoTime();
        requests.rangeRead(query, outcome, started - askedNanos, ended - started);
        return outcome;
    }

    private Outcome<Result.Range> read(View view) {
        try {
            share.begin();
            if (inMemory) {
                return new Outcome.Done<>(new Result.Range(view.rangeInMemory(query, share)));
            }
            RangeResult result = view.range(query, share);
            share.read();
            return new Outcome.Done<>(new Result.Range(result));
        } catch (RevisionUnavailable e) {
            return new Outcome.Refused<>(e.error());
        }
    }

    @Override
    public void failed() {
        requests.rangeRequests().record(false, System.nanoTime() - askedNanos);
    }
}
