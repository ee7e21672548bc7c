package io.metastore.engine;

/// The rows of one captured state, table by table in the order of [Table], each table in the order of its keys. Used by
/// one thread.
public interface RowSource extends AutoCloseable {
    /// Steps to the next row; false behind the last, when all of the state was there.
    ///
    /// @throws EngineFailure when what was captured is damaged, cut short or cannot be read
    boolean next();

    Table table();

    /// Of the row it stands on; the caller's to keep.
    byte[] key();

    /// Of the row it stands on; the caller's to keep.
    byte[] value();

    @Override
    void close();
}
