package io.metastore.machine;

import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RangeResult;
import io.metastore.value.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/// Compares what the machine answered with what the oracle answered.
final class OutcomeCheck {
    private OutcomeCheck() {}

    static void equal(String what, Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError(what + ": expected " + expected + " but was " + actual);
        }
    }

    static void same(
            List<? extends Command<?>> commands,
            List<Outcome<? extends Result>> expected,
            List<Outcome<? extends Result>> actual) {
        equal("number of outcomes", expected.size(), actual == null ? null : actual.size());
        for (int i = 0; i < expected.size(); i++) {
            Command<?> command = commands.get(i);
            if (command instanceof Command.Txn txn
                    && expected.get(i) instanceof Outcome.Done<?>(Result.Txn wanted)
                    && actual.get(i) instanceof Outcome.Done<?>(Result.Txn got)) {
                same(txn, wanted, got);
            } else {
                equal("outcome of " + command, expected.get(i), actual.get(i));
            }
        }
    }

    private static void same(Command.Txn txn, Result.Txn expected, Result.Txn actual) {
        equal("branch of " + txn, expected.succeeded(), actual.succeeded());
        equal("revision of " + txn, expected.revision(), actual.revision());
        equal(
                "responses of " + txn,
                expected.responses().size(),
                actual.responses().size());
        List<Operation> operations = expected.succeeded() ? txn.success() : txn.failure();
        for (int i = 0; i < operations.size(); i++) {
            Result wanted = expected.responses().get(i);
            Result got = actual.responses().get(i);
            switch (operations.get(i)) {
                case Operation.Range(RangeQuery query) ->
                    same(
                            "in a transaction: " + query,
                            query,
                            ((Result.Range) wanted).range(),
                            ((Result.Range) got).range());
                case Operation.Nested(Command.Txn nested) -> same(nested, (Result.Txn) wanted, (Result.Txn) got);
                case Operation.Put put -> equal("outcome of " + put, wanted, got);
                case Operation.Delete delete -> equal("outcome of " + delete, wanted, got);
            }
        }
    }

    /// Equal up to the order of ties, which is nobody's business (KVR-09): what is cut off among ties is
    /// not, either.
    static void same(String what, RangeQuery query, RangeResult expected, RangeResult actual) {
        equal("count of " + what, expected.count(), actual.count());
        equal("more of " + what, expected.more(), actual.more());
        equal("revision of " + what, expected.revision(), actual.revision());
        if (expected.keyValues().equals(actual.keyValues())) {
            return;
        }
        boolean valuesShown = query.detail() == RangeQuery.Detail.FULL;
        boolean tiesPossible = query.order().target() != RangeQuery.Target.KEY;
        if (!tiesPossible || expected.keyValues().size() != actual.keyValues().size()) {
            equal("pairs of " + what, expected.keyValues(), actual.keyValues());
        }
        if (query.order().target() != RangeQuery.Target.VALUE || valuesShown) {
            Comparator<KeyValue> order = OracleStore.order(query.order());
            for (int i = 0; i < expected.keyValues().size(); i++) {
                if (order.compare(
                                expected.keyValues().get(i), actual.keyValues().get(i))
                        != 0) {
                    equal("order of " + what, expected.keyValues(), actual.keyValues());
                }
            }
        }
        if (!expected.more()) {
            equal("pairs of " + what, new HashSet<>(expected.keyValues()), new HashSet<>(actual.keyValues()));
            equal(
                    "pairs of " + what + ", each once",
                    new HashSet<>(actual.keyValues()).size(),
                    new ArrayList<>(actual.keyValues()).size());
        }
    }
}
