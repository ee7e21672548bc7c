package io.metastore.api;

import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.machine.Command;
import io.metastore.machine.Compare;
import io.metastore.machine.Operation;
import io.metastore.machine.ProtobufBytes;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyRangeSet;
import io.metastore.value.StoreError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// etcd's transactions as commands: the count of operations, then the form of each, then what conflicts
/// (TXN-10).
final class TxnRequests {
    private TxnRequests() {}

    /// A transaction to run.
    ///
    /// @param readOnly     both branches hold plain ranges alone: it need not go through the log
    ///                     (TXN-25, TXN-27)
    /// @param serializable every range of both branches may be answered from local state; true without any
    ///     (TXN-26)
    record Call(Command.Txn txn, boolean readOnly, boolean serializable) {}

    static Call txn(TxnRequest request, int maxOperations) {
        Command.Txn txn = checked(request, maxOperations);
        conflicts(request.getSuccessList());
        conflicts(request.getFailureList());
        boolean readOnly = true;
        boolean serializable = true;
        for (List<RequestOp> branch : List.of(request.getSuccessList(), request.getFailureList())) {
            for (RequestOp operation : branch) {
                readOnly &= operation.hasRequestRange();
                serializable &= operation.hasRequestRange()
                        && operation.getRequestRange().getSerializable();
            }
        }
        return new Call(txn, readOnly, serializable);
    }

    /// Bytes that the transaction is held to cost, before its form is looked at (KVP-10, TXN-29).
    static long cost(TxnRequest request) {
        return Math.max(cost(request.getSuccessList()), cost(request.getFailureList()));
    }

    private static long cost(List<RequestOp> operations) {
        long cost = 0;
        for (RequestOp operation : operations) {
            cost += switch (operation.getRequestCase()) {
                case REQUEST_PUT -> cost(operation.getRequestPut());
                case REQUEST_TXN -> cost(operation.getRequestTxn());
                case REQUEST_RANGE, REQUEST_DELETE_RANGE, REQUEST_NOT_SET -> 0;
            };
        }
        return cost;
    }

    static long cost(PutRequest put) {
        return 256L + put.getKey().size() + put.getValue().size();
    }

    private static Command.Txn checked(TxnRequest request, int maxOperations) {
        int most = Math.max(request.getCompareCount(), Math.max(request.getSuccessCount(), request.getFailureCount()));
        if (most > maxOperations) {
            throw new RefusedRequest(StoreError.TOO_MANY_OPERATIONS);
        }
        List<Compare> compares =
                request.getCompareList().stream().map(TxnRequests::compare).toList();
        return new Command.Txn(
                compares,
                operations(request.getSuccessList(), maxOperations - most),
                operations(request.getFailureList(), maxOperations - most));
    }

    /// @param budget operations that a nested transaction may have (TXN-03)
    private static List<Operation> operations(List<RequestOp> requests, int budget) {
        List<Operation> operations = new ArrayList<>(requests.size());
        for (RequestOp request : requests) {
            operations.add(
                    switch (request.getRequestCase()) {
                        case REQUEST_RANGE -> new Operation.Range(Requests.range(request.getRequestRange()));
                        case REQUEST_PUT -> new Operation.Put(Requests.put(request.getRequestPut()));
                        case REQUEST_DELETE_RANGE ->
                            new Operation.Delete(Requests.delete(request.getRequestDeleteRange()));
                        case REQUEST_TXN -> new Operation.Nested(checked(request.getRequestTxn(), budget));
                        // TXN-04.
                        case REQUEST_NOT_SET -> throw new RefusedRequest(StoreError.KEY_NOT_FOUND);
                    });
        }
        return operations;
    }

    private static Compare compare(io.metastore.api.etcd.etcdserverpb.Compare request) {
        Requests.requireKey(request.getKey());
        Compare.Target target = switch (request.getTarget()) {
            case VERSION -> Compare.Target.VERSION;
            case CREATE -> Compare.Target.CREATE;
            case MOD -> Compare.Target.MOD;
            case VALUE -> Compare.Target.VALUE;
            case LEASE -> Compare.Target.LEASE;
            case UNRECOGNIZED -> Compare.Target.UNKNOWN;
        };
        Compare.Relation relation = switch (request.getResult()) {
            case EQUAL -> Compare.Relation.EQUAL;
            case GREATER -> Compare.Relation.GREATER;
            case LESS -> Compare.Relation.LESS;
            case NOT_EQUAL -> Compare.Relation.NOT_EQUAL;
            case UNRECOGNIZED -> Compare.Relation.UNKNOWN;
        };
        // The operand of another target counts as zero or empty (TXN-15); the accessors of a union say just that.
        long number = switch (target) {
            case VERSION -> request.getVersion();
            case CREATE -> request.getCreateRevision();
            case MOD -> request.getModRevision();
            case LEASE -> request.getLease();
            case VALUE, UNKNOWN -> 0;
        };
        return new Compare(
                KeyRange.of(ProtobufBytes.of(request.getKey()), ProtobufBytes.of(request.getRangeEnd())),
                target,
                relation,
                number,
                ProtobufBytes.of(request.getValue()));
    }

    /// What the operations of one branch touch.
    private record Touched(Set<Bytes> puts, KeyRangeSet deletes) {}

    /// Refuses a branch that puts a key twice, or puts one that it deletes (TXN-06 to TXN-08).
    private static Touched conflicts(List<RequestOp> operations) {
        Touched touched = new Touched(new HashSet<>(), new KeyRangeSet());
        for (RequestOp operation : operations) {
            if (operation.hasRequestDeleteRange()) {
                var delete = operation.getRequestDeleteRange();
                Bytes key = ProtobufBytes.of(delete.getKey());
                // The end is taken as it is written: one of 0x00 lies before every key, so a delete "from key on" is
                // not seen here (TXN-09).
                touched.deletes.add(
                        delete.getRangeEnd().isEmpty()
                                ? KeyRange.single(key)
                                : new KeyRange(key, ProtobufBytes.of(delete.getRangeEnd())));
            }
        }
        for (RequestOp operation : operations) {
            if (operation.hasRequestTxn()) {
                nested(operation.getRequestTxn(), touched);
            }
        }
        for (RequestOp operation : operations) {
            if (operation.hasRequestPut()) {
                add(ProtobufBytes.of(operation.getRequestPut().getKey()), touched, Set.of());
            }
        }
        return touched;
    }

    /// Only one branch of a nested transaction runs, so a key may stand in both.
    private static void nested(TxnRequest txn, Touched touched) {
        Touched success = conflicts(txn.getSuccessList());
        Touched failure = conflicts(txn.getFailureList());
        success.puts.forEach(key -> add(key, touched, Set.of()));
        failure.puts.forEach(key -> add(key, touched, success.puts));
        touched.deletes.addAll(success.deletes);
        touched.deletes.addAll(failure.deletes);
    }

    private static void add(Bytes key, Touched touched, Set<Bytes> harmless) {
        boolean twice = !touched.puts.add(key) && !harmless.contains(key);
        if (twice || touched.deletes.contains(key)) {
            throw new RefusedRequest(StoreError.DUPLICATE_KEY);
        }
    }
}
