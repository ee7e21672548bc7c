package io.metastore.engine;

/// One unchanging state of the whole database. Holding it keeps replaced data on disk, so hold it briefly.
public interface Snapshot extends Reads, AutoCloseable {
    /// The same state, read only as far as it lies in memory. A read that would have to wait for the disk
    /// throws [NotInMemory] instead, so an event loop may try it.
    Reads inMemory();

    @Override
    void close();
}
