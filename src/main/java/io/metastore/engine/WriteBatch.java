package io.metastore.engine;

/// Changes that reach the database all together or not at all. Later changes of a row win over earlier ones. Built by
/// one thread at a time; arrays that are put in belong to the engine from then on.
public interface WriteBatch {
    void put(Table table, byte[] key, byte[] value);

    void put(Table table, byte[] key, RowValue value);

    void delete(Table table, byte[] key);

    /// Bytes of rows so far, as the engine holds them.
    int bytes();
}
