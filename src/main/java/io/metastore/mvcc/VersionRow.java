package io.metastore.mvcc;

import io.metastore.engine.RowValue;
import io.metastore.value.Bytes;
import io.metastore.value.Revision;
import java.util.Arrays;

/// Rows of the table `versions`: which version of a key gave way to which.
///
/// Key: the user key, escaped and terminated, then the complements of main and sub of the superseded version,
/// so that a key's versions stand together, newest first. Value: how many main revisions later it was
/// superseded, how many the key was created before it, version, length of the value (numbers of variable
/// length). So a read at an old revision looks into `log` for values and leases alone.
///
/// The escape keeps the order of user keys: 0x00 becomes 0x00 0xFF and the end is 0x00 0x01. Without it the
/// versions of `k` would mix with those of `k\0`:
///
/// ```
/// k      6B 00 01          | ~main ~sub
/// k\0    6B 00 FF 00 01    | ~main ~sub
/// ka     6B 61 00 01       | ~main ~sub
/// ```
final class VersionRow {
    private static final int REVISION = 16;
    private static final String ROW = "a row of superseded versions";

    private VersionRow() {}

    /// The row of one superseded version.
    static byte[] key(Bytes userKey, long main, long sub) {
        byte[] escaped = escape(userKey, REVISION);
        BigEndian.putLong(escaped, escaped.length - 16, ~main);
        BigEndian.putLong(escaped, escaped.length - 8, ~sub);
        return escaped;
    }

    /// The first row that a version of `userKey` at main revision `main` or older can have.
    static byte[] newestUpTo(Bytes userKey, long main) {
        return key(userKey, main, -1L);
    }

    /// Where the rows of user keys from `userKey` on begin.
    static byte[] lowerBound(Bytes userKey) {
        byte[] escaped = escape(userKey, 0);
        // Without the terminator: it sorts before every row of this key, and behind those of smaller keys.
        return Arrays.copyOf(escaped, escaped.length - 2);
    }

    /// Behind all rows of `userKey`, before those of every greater key.
    static byte[] behind(Bytes userKey) {
        byte[] escaped = escape(userKey, 0);
        escaped[escaped.length - 1] = 0x02;
        return escaped;
    }

    private static byte[] escape(Bytes userKey, int room) {
        byte[] key = userKey.array();
        int zeros = 0;
        for (byte b : key) {
            if (b == 0) {
                zeros++;
            }
        }
        byte[] escaped = new byte[key.length + zeros + 2 + room];
        int at = 0;
        for (byte b : key) {
            escaped[at++] = b;
            if (b == 0) {
                escaped[at++] = (byte) 0xff;
            }
        }
        escaped[at++] = 0;
        escaped[at] = 1;
        return escaped;
    }

    static Bytes userKey(byte[] row) {
        int end = row.length - REVISION - 2;
        if (end < 0) {
            throw new CorruptRow("a row of superseded versions has a key of " + row.length + " bytes");
        }
        byte[] key = new byte[end];
        int size = 0;
        for (int at = 0; at < end; at++) {
            key[size++] = row[at];
            if (row[at] == 0) {
                at++;
            }
        }
        return Bytes.wrap(Arrays.copyOf(key, size));
    }

    static Revision version(byte[] row) {
        return new Revision(~BigEndian.getLong(row, row.length - 16), ~BigEndian.getLong(row, row.length - 8));
    }

    /// The value of the row of `version`, which gives way to a change at main revision `supersededAt`.
    static RowValue value(KeyEntry version, long supersededAt) {
        return new Value(version, supersededAt);
    }

    private record Value(KeyEntry version, long supersededAt) implements RowValue {
        @Override
        public int size() {
            return RowWriter.sizeOf(supersededAt - version.main())
                    + RowWriter.sizeOf(version.main() - version.createRevision())
                    + RowWriter.sizeOf(version.version())
                    + RowWriter.sizeOf(version.valueLength());
        }

        @Override
        public void write(byte[] target, int offset) {
            new RowWriter(target, offset)
                    .number(supersededAt - version.main())
                    .number(version.main() - version.createRevision())
                    .number(version.version())
                    .number(version.valueLength());
        }
    }

    /// The main revision of the change that superseded a version of main revision `main`.
    static long supersededAt(long main, byte[] value) {
        return main + new RowReader(ROW, value).number();
    }

    /// The superseded version, all but its value and its lease.
    static KeyEntry entry(Revision version, byte[] value) {
        RowReader in = new RowReader(ROW, value);
        in.number();
        long create = version.main() - in.number();
        long number = in.number();
        int valueLength = in.count();
        in.end();
        return new KeyEntry(create, version.main(), version.sub(), number, 0, valueLength, null);
    }
}
