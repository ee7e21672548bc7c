package io.metastore.mvcc;

/// A row of the state database that cannot be what was written: a fault, it stops the member.
public final class CorruptRow extends RuntimeException {
    CorruptRow(String what) {
        super("the state database is damaged: " + what);
    }
}
