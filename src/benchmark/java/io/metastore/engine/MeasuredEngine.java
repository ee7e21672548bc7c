package io.metastore.engine;

import io.metastore.engine.memory.MemoryEngine;
import io.metastore.engine.rocksdb.RocksEngine;
import io.metastore.engine.rocksdb.RocksSettings;
import java.nio.file.Path;
import java.util.function.Function;

/// Names the engines that are measured. A benchmark that has a parameter of this type runs on each of them, so
/// that a further engine is one line here.
@SuppressWarnings("ImmutableEnumChecker")
public enum MeasuredEngine {
    /// Opens RocksDB with the sizes that are shipped.
    ROCKSDB(folder -> new RocksEngine(folder, new RocksSettings(4 << 20, 8 << 20))),
    /// Opens the engine in the heap with the shards that are shipped.
    MEMORY(_ -> new MemoryEngine(16));

    private final Function<Path, Engine> opening;

    MeasuredEngine(Function<Path, Engine> opening) {
        this.opening = opening;
    }

    /// Opens an empty engine whose files, if it has any, lie in `folder`.
    public Engine open(Path folder) {
        return opening.apply(folder);
    }
}
