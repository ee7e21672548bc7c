package io.metastore.machine;

import io.metastore.mvcc.RangeQuery;

/// One operation of a transaction.
public sealed interface Operation {
    record Range(RangeQuery query) implements Operation {}

    record Put(Command.Put put) implements Operation {}

    record Delete(Command.DeleteRange delete) implements Operation {}

    record Nested(Command.Txn txn) implements Operation {}
}
