package io.metastore.engine.rocksdb;

import io.metastore.engine.EngineFailure;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/// Tells the failures of a RocksDB database apart.
public final class RocksFailures {
    private RocksFailures() {}

    /// @param what names the database and what was tried
    public static EngineFailure of(String what, RocksDBException failure) {
        return new EngineFailure(kind(failure), what + ": " + failure.getMessage(), failure);
    }

    private static EngineFailure.Kind kind(RocksDBException failure) {
        Status status = failure.getStatus();
        boolean damaged = status == null
                || switch (status.getCode()) {
                    case IOError -> failure.getMessage().contains("No such file");
                    case Busy, TimedOut, Aborted, TryAgain, ShutdownInProgress -> false;
                    default -> true;
                };
        return damaged ? EngineFailure.Kind.DAMAGED : EngineFailure.Kind.INPUT_OUTPUT;
    }
}
