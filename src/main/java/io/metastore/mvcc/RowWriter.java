package io.metastore.mvcc;

/// Writes the fields of a row behind each other, into an array that has room for them.
///
/// Numbers are unsigned and of variable length (LEB128): seven bits a byte, the lowest first, and the top bit
/// says that more follow. Most numbers of a row are small: 127 takes one byte, 16,383 two, 2,097,151 three, and
/// none more than ten. A negative one is written as the large unsigned number of the same bits.
public final class RowWriter {
    private final byte[] target;
    private int at;

    /// Begins at `offset` of `target`.
    public RowWriter(byte[] target, int offset) {
        this.target = target;
        this.at = offset;
    }

    /// Bytes that [#number] takes for `number`.
    public static int sizeOf(long number) {
        return (Long.SIZE - Long.numberOfLeadingZeros(number | 1) + 6) / 7;
    }

    /// Bytes that [#bytes] takes for `bytes` bytes.
    public static int sizeOfBytes(int bytes) {
        return sizeOf(bytes) + bytes;
    }

    public RowWriter tag(byte tag) {
        target[at++] = tag;
        return this;
    }

    public RowWriter number(long number) {
        long rest = number;
        while ((rest & ~0x7fL) != 0) {
            target[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        target[at++] = (byte) rest;
        return this;
    }

    /// Writes eight bytes, the most significant first: for row keys, which have to sort as the numbers do.
    public RowWriter fixed(long number) {
        BigEndian.putLong(target, at, number);
        at += Long.BYTES;
        return this;
    }

    /// Writes `bytes` behind their number.
    public RowWriter bytes(byte[] bytes) {
        return number(bytes.length).rest(bytes);
    }

    /// Writes `bytes` alone: they reach to the end of the row.
    public RowWriter rest(byte[] bytes) {
        System.arraycopy(bytes, 0, target, at, bytes.length);
        at += bytes.length;
        return this;
    }
}
