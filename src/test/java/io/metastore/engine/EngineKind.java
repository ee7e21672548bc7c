package io.metastore.engine;

import io.metastore.engine.memory.MemoryEngine;
import io.metastore.engine.rocksdb.RocksEngine;
import io.metastore.engine.rocksdb.RocksRows;
import io.metastore.engine.rocksdb.RocksSettings;
import java.nio.file.Path;

/// Every engine that tests run on.
public enum EngineKind {
    ROCKSDB {
        @Override
        public Engine open(Path folder) {
            return new RocksEngine(folder, new RocksSettings(4 << 20, 4 << 20));
        }
    },
    MEMORY {
        @Override
        public Engine open(Path folder) {
            return new CapturedEngine(new MemoryEngine(16), folder);
        }
    },
    /// One tree for each table.
    MEMORY_UNCUT {
        @Override
        public Engine open(Path folder) {
            return new CapturedEngine(new MemoryEngine(1), folder);
        }
    };

    /// Opens what a flush or a close left in `folder`, or an empty engine.
    public abstract Engine open(Path folder);

    /// What a capture of any engine left.
    public static RowSource rows(Path captured) {
        return RowStream.isIn(captured) ? new RowStream(captured) : new RocksRows(captured);
    }
}
