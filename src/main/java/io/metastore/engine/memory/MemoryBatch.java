package io.metastore.engine.memory;

import io.metastore.engine.RowValue;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import java.util.ArrayList;
import java.util.List;

/// Changes in the order in which they came.
final class MemoryBatch implements WriteBatch {
    private final List<Change> changes = new ArrayList<>();
    private long bytes;
    private boolean written;

    /// @param value null for a row that goes
    record Change(Table table, byte[] key, byte[] value) {}

    @Override
    public void put(Table table, byte[] key, byte[] value) {
        add(new Change(table, key, value), value.length);
    }

    @Override
    public void put(Table table, byte[] key, RowValue value) {
        put(table, key, value.toByteArray());
    }

    @Override
    public void delete(Table table, byte[] key) {
        add(new Change(table, key, null), 0);
    }

    private void add(Change change, int valueLength) {
        if (written) {
            throw new IllegalStateException("the batch has been written");
        }
        changes.add(change);
        bytes += MemoryEngine.ROW_BYTES + change.key().length + valueLength;
    }

    @Override
    public int bytes() {
        return (int) Math.min(Integer.MAX_VALUE, bytes);
    }

    /// The changes, of a batch that takes no more of them.
    List<Change> written() {
        written = true;
        return changes;
    }
}
