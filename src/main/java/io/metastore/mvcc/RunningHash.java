package io.metastore.mvcc;

import io.metastore.engine.RowValue;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.value.Bytes;
import java.util.zip.CRC32C;

/// Sums up in 64 bits all that was ever applied, order and content: two members that have applied the same
/// entries and differ in it have different states, and stay different. Costs no reading of data.
///
/// What counts is each change of a key with its numbers and its value, the rows of leases, alarms, members and
/// users that a command writes, in any order, and where it leaves the revisions. How entries are cut into
/// chunks does not count, nor do the tables that follow from the history: `keys`, `versions` and `counts`.
///
/// Programs of different versions compare theirs: a change of what counts, or how, takes a new feature level of
/// all members.
///
/// Belongs to the apply thread.
public final class RunningHash {
    public static final int VERSION = 1;

    /// An odd number without a pattern, so that each step is a bijection: 2^64 divided by the golden ratio.
    private static final long FACTOR = 0x9E3779B97F4A7C15L;

    private static final long PUT = 1;
    private static final long DELETE = 2;
    private static final long ROW = 3;
    private static final long ROW_DELETE = 4;
    private static final long COMMAND = 5;
    private static final byte[] NOTHING = {};

    private final CRC32C crc = new CRC32C();
    private long value;
    /// Of the rows of the command that is under way: a sum, since sets and maps have an order of their own in
    /// each process.
    private long rows;

    /// @param value after the last command
    /// @param rows  of the rows of the command that is under way, 0 between two commands
    RunningHash(long value, long rows) {
        this.value = value;
        this.rows = rows;
    }

    public long value() {
        return value;
    }

    long rows() {
        return rows;
    }

    private static long step(long value, long number) {
        long mixed = (value ^ number) * FACTOR;
        return mixed ^ mixed >>> 32;
    }

    private long step(long from, byte[] bytes) {
        crc.reset();
        crc.update(bytes, 0, bytes.length);
        return step(from, (long) bytes.length << 32 | crc.getValue());
    }

    void put(Bytes key, KeyEntry entry, Bytes content) {
        long next = step(value, PUT);
        next = step(next, entry.main());
        next = step(next, entry.sub());
        next = step(next, entry.createRevision());
        next = step(next, entry.version());
        next = step(next, entry.lease());
        value = step(step(next, key.array()), content.array());
    }

    void delete(Bytes key, long main, long sub) {
        value = step(step(step(step(value, DELETE), main), sub), key.array());
    }

    /// To be called behind each command.
    ///
    /// @param done whether it was done, not refused
    public void command(boolean done, long revision, long compactedRevision) {
        long next = step(value, done ? COMMAND : -COMMAND);
        value = step(step(step(next, revision), compactedRevision), rows);
        rows = 0;
    }

    private void row(long kind, Table table, byte[] key, byte[] content) {
        rows += step(step(step(kind, table.code()), key), content);
    }

    /// Counts the rows that are put into `batch`.
    WriteBatch over(WriteBatch batch) {
        return new Counted(batch);
    }

    private final class Counted implements WriteBatch {
        private final WriteBatch batch;

        private Counted(WriteBatch batch) {
            this.batch = batch;
        }

        @Override
        public void put(Table table, byte[] key, byte[] content) {
            row(ROW, table, key, content);
            batch.put(table, key, content);
        }

        @Override
        public void put(Table table, byte[] key, RowValue content) {
            put(table, key, content.toByteArray());
        }

        @Override
        public void delete(Table table, byte[] key) {
            row(ROW_DELETE, table, key, NOTHING);
            batch.delete(table, key);
        }

        @Override
        public int bytes() {
            return batch.bytes();
        }
    }
}
