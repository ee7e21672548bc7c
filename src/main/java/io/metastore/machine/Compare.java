package io.metastore.machine;

import io.metastore.mvcc.Pairs;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;

/// One condition of a transaction: how what is stored relates to what is given (TXN-14). It must hold for
/// every key of the range; for a range without keys it is held against zeros (TXN-11, TXN-13), and never true
/// of a value (TXN-12).
///
/// @param number operand of all targets but VALUE
/// @param value  operand of VALUE
public record Compare(KeyRange range, Target target, Relation relation, long number, Bytes value) {
    /// What of a pair is compared.
    public enum Target {
        VERSION,
        CREATE,
        MOD,
        VALUE,
        LEASE,
        /// A number that the contract does not know: it compares as equal.
        UNKNOWN
    }

    /// How what is stored must relate to what is given.
    public enum Relation {
        EQUAL,
        GREATER,
        LESS,
        NOT_EQUAL,
        /// A number that the contract does not know: it always holds (TXN-15).
        UNKNOWN
    }

    private static final KeyValue ABSENT = new KeyValue(Bytes.EMPTY, Bytes.EMPTY, 0, 0, 0, 0);

    /// Whether it holds for what is `stored`.
    boolean holds(Pairs stored) {
        boolean none = target != Target.VALUE && holds(ABSENT);
        return stored.allMatch(range, target == Target.VALUE, this::holds, none);
    }

    private boolean holds(KeyValue kv) {
        int order = switch (target) {
            case VERSION -> Long.compare(kv.version(), number);
            case CREATE -> Long.compare(kv.createRevision(), number);
            case MOD -> Long.compare(kv.modRevision(), number);
            case VALUE -> kv.value().compareTo(value);
            case LEASE -> Long.compare(kv.lease(), number);
            case UNKNOWN -> 0;
        };
        return switch (relation) {
            case EQUAL -> order == 0;
            case GREATER -> order > 0;
            case LESS -> order < 0;
            case NOT_EQUAL -> order != 0;
            case UNKNOWN -> true;
        };
    }
}
