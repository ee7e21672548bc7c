package io.metastore.engine;

/// Changes that reach the database all together or not at all. Later changes of a row win over earlier ones.
public interface WriteBatch {
    void put(Table table, byte[] key, byte[] value);

    void put(Table table, byte[] key, RowValue value);

    void delete(Table table, byte[] key);

    int count();

    /// Encoded size so far.
    int bytes();
}
