package io.metastore.mvcc;

/// A row of the state database that cannot be what was written: a fault, it stops the member.
public final class CorruptRow extends RuntimeException {
    /// @param what which row, and what is wrong with it
    public CorruptRow(String what) {
        super("the state database is damaged: " + what);
    }

    /// `row`, which has to have `bytes` bytes; `what` names it.
    public static byte[] sized(byte[] row, int bytes, String what) {
        if (row.length != bytes) {
            throw new CorruptRow(what + " has " + row.length + " bytes instead of " + bytes);
        }
        return row;
    }
}
