package io.metastore.mvcc;

import java.util.Arrays;

/// Reads what a [RowWriter] has written. Whatever cannot have been written by one is a [CorruptRow].
public final class RowReader {
    private final String what;
    private final byte[] row;
    private int at;

    /// Begins at `offset` of `row`.
    ///
    /// @param what names the row in faults
    public RowReader(String what, byte[] row, int offset) {
        this.what = what;
        this.row = row;
        this.at = offset;
    }

    public RowReader(String what, byte[] row) {
        this(what, row, 0);
    }

    public byte tag() {
        if (at >= row.length) {
            throw tooShort();
        }
        return row[at++];
    }

    /// Reads a tag that has to be `known`: the format of the row.
    public RowReader format(byte known) {
        byte format = tag();
        if (format != known) {
            throw new CorruptRow(what + " has unknown format " + (format & 0xff));
        }
        return this;
    }

    public long number() {
        long number = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = tag();
            number |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                if (shift == 63 && next > 1) {
                    break;
                }
                return number;
            }
        }
        throw new CorruptRow(what + " has a number of more than 64 bits");
    }

    /// Reads a number that counts bytes or items.
    public int count() {
        long number = number();
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new CorruptRow(what + " gives a length of " + Long.toUnsignedString(number) + " bytes");
        }
        return (int) number;
    }

    public long fixed() {
        if (left() < Long.BYTES) {
            throw tooShort();
        }
        long number = BigEndian.getLong(row, at);
        at += Long.BYTES;
        return number;
    }

    /// Reads bytes that stand behind their number.
    public byte[] bytes() {
        return take(count());
    }

    /// Reads bytes whose number was read before.
    public byte[] take(int length) {
        if (length > left()) {
            throw new CorruptRow(what + " gives a length of " + length + " bytes where " + left() + " are left");
        }
        byte[] bytes = Arrays.copyOfRange(row, at, at + length);
        at += length;
        return bytes;
    }

    /// Reads all that is left.
    public byte[] rest() {
        return take(left());
    }

    /// Bytes that are not read yet.
    public int left() {
        return row.length - at;
    }

    /// Sees to it that nothing is left.
    public void end() {
        if (left() != 0) {
            throw new CorruptRow(what + " has " + left() + " bytes behind its end");
        }
    }

    private CorruptRow tooShort() {
        return new CorruptRow(what + " ends too early, after " + row.length + " bytes");
    }
}
