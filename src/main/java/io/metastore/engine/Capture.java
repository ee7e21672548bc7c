package io.metastore.engine;

import java.nio.file.Path;

/// One state of an engine, held to be written out while the engine goes on.
///
/// Any one thread writes it, once, and closes it.
public interface Capture extends AutoCloseable {
    /// Writes the state to `target`, a folder that does not exist yet, complete and synced when this returns.
    /// What it wrote is read by [RowStream] or, of RocksDB, by its own room; either engine can be filled from both.
    ///
    /// @throws EngineFailure of kind NO_SPACE when the disk is full: the engine is unharmed, the
    ///     caller deletes `target`
    void writeTo(Path target);

    /// Lets go of the state, written or not.
    @Override
    void close();
}
