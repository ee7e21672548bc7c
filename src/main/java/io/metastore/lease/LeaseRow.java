package io.metastore.lease;

import io.metastore.mvcc.CorruptRow;
import io.metastore.value.Bytes;
import java.nio.ByteBuffer;

/// Rows of `leases` (id → TTL and grant index) and `leaseKeys` (id and user key → nothing).
final class LeaseRow {
    static final byte[] NOTHING = {};

    private LeaseRow() {}

    static byte[] key(long id) {
        return ByteBuffer.allocate(8).putLong(id).array();
    }

    static byte[] value(Lease lease) {
        return ByteBuffer.allocate(16)
                .putLong(lease.ttlSeconds())
                .putLong(lease.grantIndex())
                .array();
    }

    static Lease lease(byte[] key, byte[] value) {
        ByteBuffer id = ByteBuffer.wrap(CorruptRow.sized(key, 8, "the key of a lease"));
        ByteBuffer row = ByteBuffer.wrap(CorruptRow.sized(value, 16, "the row of a lease"));
        return new Lease(id.getLong(), row.getLong(), row.getLong());
    }

    static byte[] attachment(long id, Bytes userKey) {
        return ByteBuffer.allocate(8 + userKey.length())
                .putLong(id)
                .put(userKey.array())
                .array();
    }

    static Bytes userKey(byte[] attachment) {
        if (attachment.length < 8) {
            throw new CorruptRow("the row of a lease's key has a key of " + attachment.length + " bytes");
        }
        byte[] key = new byte[attachment.length - 8];
        System.arraycopy(attachment, 8, key, 0, key.length);
        return Bytes.wrap(key);
    }

    /// Behind the last attachment of `id`, null when there is nothing behind.
    static byte[] end(long id) {
        return id == -1 ? null : key(id + 1);
    }
}
