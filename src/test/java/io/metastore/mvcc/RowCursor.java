package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import java.util.Arrays;

/// A cursor that stands on one row, and notes how much of its value was read.
final class RowCursor implements Cursor {
    private final byte[] key;
    private final byte[] value;
    private long read;

    RowCursor(byte[] key, byte[] value) {
        this.key = key;
        this.value = value;
    }

    /// Bytes of the value that were read.
    long read() {
        return read;
    }

    @Override
    public boolean next() {
        return false;
    }

    @Override
    public void skipTo(byte[] to) {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte[] key() {
        return key;
    }

    @Override
    public byte[] value() {
        read += value.length;
        return value;
    }

    @Override
    public byte[] value(int most) {
        read += Math.min(most, value.length);
        return Arrays.copyOf(value, Math.min(most, value.length));
    }

    @Override
    public void close() {}
}
