package io.metastore.mvcc;

import io.metastore.machine.Command;
import org.rocksdb.WriteOptions;

/// Breaks every rule of the house at once, for the test of the rules.
public final class PlantedHelper {
    private Command<?> fromFurtherOut;
    private WriteOptions vendor;

    long clock() {
        return fromFurtherOut == null && vendor == null ? System.nanoTime() : 0;
    }
}
