package io.metastore.engine;

/// Walks a range of a table in ascending order. Used by one thread at a time.
public interface Cursor extends AutoCloseable {
    /// Steps to the next row; false at the end, and again however often it is asked. Before the first call the cursor
    /// stands on no row.
    boolean next();

    /// Goes on at the first row with a key of at least `key`: the next [#next] lands there. Never past the
    /// bounds.
    void skipTo(byte[] key);

    /// Of the row it stands on. Never to be written to.
    byte[] key();

    /// Of the row it stands on. Never to be written to.
    byte[] value();

    /// The value or, of a longer one, its first `most` bytes: without the cost of the others.
    byte[] value(int most);

    @Override
    void close();
}
