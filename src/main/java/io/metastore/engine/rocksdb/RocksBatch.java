package io.metastore.engine.rocksdb;

import io.metastore.engine.RowValue;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Builds the serialized form of a RocksDB write batch in Java, so that a batch crosses into native code once,
/// not once per row.
///
/// The form: sequence number (8 bytes, zero here), number of records (4 bytes, little endian), then per record
/// a tag, the column family's id as a varint, the key and, for a put, the value, each behind its length as a
/// varint. RocksDB keeps this form in its log files and so keeps it readable.
final class RocksBatch implements WriteBatch {
    private static final int HEADER = 12;
    private static final byte DELETION = 0x4;
    private static final byte VALUE = 0x5;
    private static final VarHandle INT_LE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final int[] families;
    private byte[] buffer;
    private int size = HEADER;
    private int count;

    /// @param families column family id by [Table#ordinal]
    /// @param buffer   to build in, taken over until [#release]; replaced by a larger one when it is too small
    RocksBatch(int[] families, byte[] buffer) {
        this.families = families;
        this.buffer = buffer;
        Arrays.fill(buffer, 0, HEADER, (byte) 0);
    }

    @Override
    public void put(Table table, byte[] key, byte[] value) {
        startPut(table, key, value.length);
        System.arraycopy(value, 0, buffer, size, value.length);
        size += value.length;
    }

    @Override
    public void put(Table table, byte[] key, RowValue value) {
        int length = value.size();
        startPut(table, key, length);
        value.write(buffer, size);
        size += length;
    }

    /// All of a row but its value, for which there is room then.
    private void startPut(Table table, byte[] key, int valueLength) {
        reserve(Math.addExact(key.length, valueLength) + 16);
        buffer[size++] = VALUE;
        varint(families[table.ordinal()]);
        bytes(key);
        varint(valueLength);
        count++;
    }

    @Override
    public void delete(Table table, byte[] key) {
        reserve(key.length + 11);
        buffer[size++] = DELETION;
        varint(families[table.ordinal()]);
        bytes(key);
        count++;
    }

    int count() {
        return count;
    }

    @Override
    public int bytes() {
        return size;
    }

    byte[] serialized() {
        INT_LE.set(buffer, 8, count);
        return Arrays.copyOf(buffer, size);
    }

    /// Gives the buffer back. The batch takes no more rows.
    byte[] release() {
        byte[] released = buffer;
        buffer = null;
        return released;
    }

    private void reserve(int more) {
        if (buffer == null) {
            throw new IllegalStateException("the batch has been written");
        }
        if (buffer.length - size < more) {
            buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(size, more), buffer.length * 2));
        }
    }

    private void bytes(byte[] data) {
        varint(data.length);
        System.arraycopy(data, 0, buffer, size, data.length);
        size += data.length;
    }

    private void varint(int value) {
        int rest = value;
        while (rest >= 0x80) {
            buffer[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        buffer[size++] = (byte) rest;
    }
}
