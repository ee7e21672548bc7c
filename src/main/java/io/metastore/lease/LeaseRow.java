package io.metastore.lease;

import io.metastore.mvcc.RowReader;
import io.metastore.mvcc.RowWriter;
import io.metastore.value.Bytes;

/// Rows of `leases` (id → TTL and grant index, numbers of variable length) and `leaseKeys` (id and user key →
/// nothing).
final class LeaseRow {
    static final byte[] NOTHING = {};

    private static final int ID = Long.BYTES;

    private LeaseRow() {}

    static byte[] key(long id) {
        byte[] key = new byte[ID];
        new RowWriter(key, 0).fixed(id);
        return key;
    }

    static byte[] value(Lease lease) {
        byte[] row = new byte[RowWriter.sizeOf(lease.ttlSeconds()) + RowWriter.sizeOf(lease.grantIndex())];
        new RowWriter(row, 0).number(lease.ttlSeconds()).number(lease.grantIndex());
        return row;
    }

    static Lease lease(byte[] key, byte[] value) {
        RowReader id = new RowReader("the key of a lease", key);
        RowReader row = new RowReader("the row of a lease", value);
        Lease lease = new Lease(id.fixed(), row.number(), row.number());
        id.end();
        row.end();
        return lease;
    }

    static byte[] attachment(long id, Bytes userKey) {
        byte[] key = new byte[ID + userKey.length()];
        new RowWriter(key, 0).fixed(id).rest(userKey.array());
        return key;
    }

    static Bytes userKey(byte[] attachment) {
        RowReader in = new RowReader("the key of a lease's key", attachment);
        in.fixed();
        return Bytes.wrap(in.rest());
    }

    /// Behind the last attachment of `id`, null when there is nothing behind.
    static byte[] end(long id) {
        return id == -1 ? null : key(id + 1);
    }
}
