package io.metastore.engine;

/// The value of a row that writes itself where it is wanted, so that it needs no array of its own before.
public interface RowValue {
    /// Bytes that [#write] will write.
    int size();

    /// Writes the value to `target` from `offset` on. There is room for [#size] bytes.
    void write(byte[] target, int offset);

    /// In an array of its own.
    default byte[] toByteArray() {
        byte[] value = new byte[size()];
        write(value, 0);
        return value;
    }
}
