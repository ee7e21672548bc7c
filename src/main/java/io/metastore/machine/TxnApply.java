package io.metastore.machine;

import io.metastore.lease.LeaseChunk;
import io.metastore.mvcc.Chunk;
import io.metastore.mvcc.RangeResult;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.value.KeyRangeSet;
import io.metastore.value.StoreError;
import java.util.ArrayList;
import java.util.List;

/// Transactions: decide the path, check all of it, then run it. A check that fails leaves nothing behind
/// (TXN-18).
final class TxnApply {
    private final Chunk chunk;
    private final LeaseChunk leases;
    private final KvApply kv;
    private final EntryProgress progress;

    TxnApply(Chunk chunk, LeaseChunk leases, KvApply kv, EntryProgress progress) {
        this.chunk = chunk;
        this.leases = leases;
        this.kv = kv;
        this.progress = progress;
    }

    Outcome<Result.Txn> apply(Command.Txn txn, boolean answered) {
        chunk.startRequest();
        TxnPath path = TxnPath.of(txn, chunk);
        StoreError error = check(path, new KeyRangeSet());
        if (error != null) {
            chunk.endRequest();
            return new Outcome.Refused<>(error);
        }
        return run(path, answered);
    }

    /// Of a transaction whose request is open, what is left to do. Nobody waits for the answer.
    Outcome<Result.Txn> rest(Command.Txn txn, EntryPosition position) {
        progress.skip(position.operation());
        return run(TxnPath.of(txn, position.decisions()), false);
    }

    private Outcome<Result.Txn> run(TxnPath path, boolean answered) {
        progress.takes(path);
        Result.Txn result = operations(path, answered);
        chunk.endRequest();
        return Applying.done(result);
    }

    /// @param deleted ranges that operations before this path delete
    private StoreError check(TxnPath path, KeyRangeSet deleted) {
        int nested = 0;
        for (Operation operation : path.operations()) {
            StoreError error = switch (operation) {
                case Operation.Range range -> checkRevision(range.query().revision());
                case Operation.Put put -> checkPut(put.put(), deleted);
                case Operation.Delete delete -> {
                    deleted.add(delete.delete().range());
                    yield null;
                }
                case Operation.Nested _ -> check(path.nested().get(nested++), deleted);
            };
            if (error != null) {
                return error;
            }
        }
        return null;
    }

    /// Unlike a plain Range, a negative revision is one below the compacted one here, once there is one
    /// (TXN-20).
    private StoreError checkRevision(long asked) {
        if (asked == 0) {
            return null;
        }
        try {
            chunk.checkReadable(asked);
            return null;
        } catch (RevisionUnavailable e) {
            return e.error();
        }
    }

    /// A put that keeps what is there needs it there when its turn comes. A delete "from a key on" may come
    /// before it (TXN-09); etcd crashes on that one, here it is refused like any other missing key.
    private StoreError checkPut(Command.Put put, KeyRangeSet deleted) {
        if (put.lease() != 0 && leases.find(put.lease()) == null) {
            return StoreError.LEASE_NOT_FOUND;
        }
        boolean missing = put.needsPresentKey() && (!chunk.exists(put.key()) || deleted.contains(put.key()));
        return missing ? StoreError.KEY_NOT_FOUND : null;
    }

    private Result.Txn operations(TxnPath path, boolean answered) {
        List<Result> responses = new ArrayList<>(path.operations().size());
        int nested = 0;
        for (Operation operation : path.operations()) {
            if (operation instanceof Operation.Nested) {
                responses.add(operations(path.nested().get(nested++), answered));
            } else if (progress.nextOperation()) {
                responses.add(
                        switch (operation) {
                            case Operation.Range range -> range(range, answered);
                            case Operation.Put put -> kv.write(put.put());
                            case Operation.Delete delete -> kv.write(delete.delete(), answered);
                            case Operation.Nested _ -> throw new IllegalStateException("dealt with above");
                        });
            }
        }
        return new Result.Txn(path.succeeded(), responses, chunk.visibleRevision());
    }

    private Result.Range range(Operation.Range range, boolean answered) {
        if (!answered) {
            return new Result.Range(new RangeResult(List.of(), false, 0, chunk.visibleRevision()));
        }
        try {
            return new Result.Range(chunk.range(range.query()));
        } catch (RevisionUnavailable e) {
            throw new IllegalStateException("a revision that was checked before is gone", e);
        }
    }
}
