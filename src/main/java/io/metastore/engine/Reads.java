package io.metastore.engine;

/// Reads of one unchanging state, by any number of threads. Keys are ordered as unsigned bytes. Arrays that come out
/// are
/// never written to: others may have them, too.
public interface Reads {
    /// The value of `key`, or null.
    byte[] get(Table table, byte[] key);

    /// The values of `keys` in the same order, null where there is none: one call instead of many.
    byte[][] getAll(Table table, byte[][] keys);

    /// A cursor before the first key of `from <= key < to`; no upper bound when `to` is null. Close it.
    Cursor cursor(Table table, byte[] from, byte[] to);
}
