package io.metastore.mvcc;

import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import java.util.ArrayList;
import java.util.List;

/// Versions of keys in the order in which they were found, whose values are fetched from `log` by one call for
/// all of them. A call for each would cost more than all else that a read of a range does.
///
/// To be filled until it [#isFull] and then to be drained, again and again.
final class ValuePage {
    /// Most rows of a page: more of them do not make a row cheaper.
    static final int ROWS = 100;

    /// A page with values of so many bytes is full, so that no more than that and one value is fetched at once.
    static final int BYTES = 1 << 20;

    private final Reads reads;
    private final List<Bytes> keys = new ArrayList<>();
    private final List<KeyEntry> entries = new ArrayList<>();
    private int awaited;
    private long bytes;

    /// What is done with each pair.
    interface Visitor {
        /// Takes a pair and the version that it was made of; false for no more.
        boolean visit(KeyEntry entry, KeyValue pair);
    }

    /// @param reads what holds the values that the entries do not
    ValuePage(Reads reads) {
        this.reads = reads;
    }

    void add(Bytes key, KeyEntry entry) {
        keys.add(key);
        entries.add(entry);
        if (entry.value() == null) {
            awaited++;
            bytes += entry.valueLength();
        }
    }

    boolean isFull() {
        return keys.size() >= ROWS || bytes >= BYTES;
    }

    /// Fetches the values and shows the pairs to `visitor` in their order. Nothing is left in the page then.
    ///
    /// @return false when `visitor` ended it
    boolean drain(Visitor visitor) {
        byte[][] rows = fetched();
        boolean wanted = true;
        int row = 0;
        for (int i = 0; wanted && i < keys.size(); i++) {
            KeyEntry entry = entries.get(i);
            KeyValue pair =
                    entry.value() != null ? entry.keyValue(keys.get(i)) : History.record(entry.revision(), rows[row++]);
            wanted = visitor.visit(entry, pair);
        }
        keys.clear();
        entries.clear();
        awaited = 0;
        bytes = 0;
        return wanted;
    }

    private byte[][] fetched() {
        byte[][] rows = new byte[awaited][];
        int row = 0;
        for (KeyEntry entry : entries) {
            if (entry.value() == null) {
                rows[row++] = LogRow.key(entry.main(), entry.sub());
            }
        }
        return awaited == 0 ? rows : reads.getAll(Table.LOG, rows);
    }
}
