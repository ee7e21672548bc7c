package io.metastore.replay;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareTarget;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.util.HashSet;
import java.util.Set;

/// Random requests of the KV service, invalid ones among them.
final class KvRequests {
    private static final int UNKNOWN_ENUM = 7;
    private static final ByteString FROM_KEY = ByteString.copyFrom(new byte[1]);

    private final Dice dice;

    KvRequests(Dice dice) {
        this.dice = dice;
    }

    PutRequest put(ByteString key) {
        boolean ignoreValue = dice.chance(6);
        boolean ignoreLease = dice.chance(6);
        PutRequest.Builder put = PutRequest.newBuilder()
                .setKey(key)
                .setPrevKv(dice.chance(30))
                .setIgnoreValue(ignoreValue)
                .setIgnoreLease(ignoreLease);
        if (!ignoreValue || dice.oneIn(10)) {
            put.setValue(dice.value());
        }
        if (dice.chance(35) && (!ignoreLease || dice.oneIn(10))) {
            put.setLease(dice.lease());
        }
        return put.build();
    }

    DeleteRangeRequest delete() {
        ByteString key = dice.key();
        DeleteRangeRequest.Builder delete =
                DeleteRangeRequest.newBuilder().setKey(key).setPrevKv(dice.chance(40));
        if (dice.chance(35)) {
            ByteString end = dice.end(key);
            delete.setRangeEnd(end.equals(FROM_KEY) && dice.chance(80) ? ByteString.EMPTY : end);
        }
        return delete.build();
    }

    RangeRequest range() {
        ByteString key = dice.chance(20) ? FROM_KEY : dice.key();
        RangeRequest.Builder range = RangeRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(key.equals(FROM_KEY) && dice.chance(60) ? FROM_KEY : dice.end(key))
                .setSerializable(dice.chance(40))
                .setKeysOnly(dice.chance(15))
                .setCountOnly(dice.chance(10));
        if (dice.chance(40)) {
            range.setRevision(dice.revision());
        }
        if (dice.chance(40)) {
            range.setLimit(dice.oneIn(20) ? -1 : dice.below(12));
        }
        if (dice.chance(40)) {
            range.setSortOrderValue(dice.oneIn(60) ? UNKNOWN_ENUM : dice.below(3));
            range.setSortTargetValue(dice.oneIn(60) ? UNKNOWN_ENUM : dice.below(5));
        }
        if (dice.chance(25)) {
            bounds(range);
        }
        return range.build();
    }

    private void bounds(RangeRequest.Builder range) {
        if (dice.chance(35)) {
            range.setMinModRevision(dice.revision());
        }
        if (dice.chance(35)) {
            range.setMaxModRevision(dice.revision());
        }
        if (dice.chance(35)) {
            range.setMinCreateRevision(dice.revision());
        }
        if (dice.chance(35)) {
            range.setMaxCreateRevision(dice.revision());
        }
    }

    /// A range for RangeStream: with sorting and bounds only now and then, for it refuses them; without a target
    /// beside order NONE, with which etcd repeats and loses pairs (RST-04).
    RangeRequest streamed() {
        RangeRequest.Builder range = range().toBuilder();
        if (dice.chance(85)) {
            range.clearSortOrder().clearSortTarget();
            range.clearMinModRevision()
                    .clearMaxModRevision()
                    .clearMinCreateRevision()
                    .clearMaxCreateRevision();
        } else if (range.getSortOrderValue() == 0) {
            range.clearSortTarget();
        }
        return range.build();
    }

    /// A transaction that never brings etcd 3.7.3 down, see [#withoutCrash].
    TxnRequest txn() {
        TxnRequest.Builder txn = txn(2, new HashSet<>()).toBuilder();
        if (dice.oneIn(300)) {
            int many = 120 + dice.below(15);
            for (int i = 0; i < many; i++) {
                txn.addFailure(RequestOp.newBuilder().setRequestRange(range()));
            }
        }
        return withoutCrash(txn.build());
    }

    private TxnRequest txn(int depth, Set<ByteString> put) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        int compares = dice.below(3);
        for (int i = 0; i < compares; i++) {
            txn.addCompare(compare());
        }
        int success = dice.below(4);
        for (int i = 0; i < success; i++) {
            txn.addSuccess(op(depth, put));
        }
        int failure = dice.below(3);
        for (int i = 0; i < failure; i++) {
            txn.addFailure(op(depth, put));
        }
        return txn.build();
    }

    /// @param put keys put so far: most keys come once, some twice, which is refused (TXN-06)
    private RequestOp op(int depth, Set<ByteString> put) {
        int kind = dice.below(100);
        RequestOp.Builder op = RequestOp.newBuilder();
        if (kind < 45) {
            ByteString key = dice.key();
            while (!put.add(key) && dice.chance(90)) {
                key = key.concat(dice.key());
            }
            return op.setRequestPut(put(key)).build();
        } else if (kind < 60) {
            return op.setRequestDeleteRange(delete()).build();
        } else if (kind < 85 || depth == 0) {
            RangeRequest range = range();
            return op.setRequestRange(
                            dice.chance(70) ? range.toBuilder().clearRevision().build() : range)
                    .build();
        }
        return dice.oneIn(40)
                ? op.build()
                : op.setRequestTxn(txn(depth - 1, put)).build();
    }

    private Compare compare() {
        ByteString key = dice.key();
        Compare.Builder compare = Compare.newBuilder()
                .setKey(key)
                .setTargetValue(dice.oneIn(100) ? UNKNOWN_ENUM : dice.below(5))
                .setResultValue(dice.oneIn(100) ? UNKNOWN_ENUM : dice.chance(40) ? 3 : dice.below(4));
        if (dice.chance(30)) {
            compare.setRangeEnd(dice.end(key));
        }
        CompareTarget target = dice.oneIn(40) ? CompareTarget.VERSION : compare.getTarget();
        switch (target) {
            case VERSION -> compare.setVersion(dice.below(4));
            case CREATE -> compare.setCreateRevision(dice.chance(30) ? 0 : dice.revision());
            case MOD -> compare.setModRevision(dice.chance(30) ? 0 : dice.revision());
            case VALUE -> compare.setValue(dice.value());
            case LEASE -> compare.setLease(dice.chance(50) ? 0 : dice.lease());
            case UNRECOGNIZED -> compare.setResult(CompareResult.EQUAL);
        }
        return compare.build();
    }

    /// etcd 3.7.3 ends itself when a transaction deletes a key and then puts it with ignore_value or ignore_lease.
    /// Its check for duplicate keys lets that through only for deletes "from a key on" (TXN-09): these become
    /// deletes of one key when such a put is near.
    private static TxnRequest withoutCrash(TxnRequest txn) {
        return ignores(txn) ? narrowed(txn) : txn;
    }

    private static boolean ignores(TxnRequest txn) {
        return java.util.stream.Stream.concat(txn.getSuccessList().stream(), txn.getFailureList().stream())
                .anyMatch(op -> op.getRequestPut().getIgnoreValue()
                        || op.getRequestPut().getIgnoreLease()
                        || op.hasRequestTxn() && ignores(op.getRequestTxn()));
    }

    private static TxnRequest narrowed(TxnRequest txn) {
        TxnRequest.Builder safe = txn.toBuilder().clearSuccess().clearFailure();
        txn.getSuccessList().forEach(op -> safe.addSuccess(narrowed(op)));
        txn.getFailureList().forEach(op -> safe.addFailure(narrowed(op)));
        return safe.build();
    }

    private static RequestOp narrowed(RequestOp op) {
        if (op.hasRequestTxn()) {
            return op.toBuilder().setRequestTxn(narrowed(op.getRequestTxn())).build();
        } else if (op.hasRequestDeleteRange()
                && op.getRequestDeleteRange().getRangeEnd().equals(FROM_KEY)) {
            return op.toBuilder()
                    .setRequestDeleteRange(
                            op.getRequestDeleteRange().toBuilder().clearRangeEnd())
                    .build();
        }
        return op;
    }
}
