package io.metastore.mvcc;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import java.util.function.Predicate;

/// The newest live pairs, for somebody who decides by them what to do.
public abstract sealed class Pairs permits Chunk, View {
    /// The newest version of `key`, or null.
    abstract KeyEntry newest(Bytes key);

    /// Walks the newest versions of `range`.
    abstract Scan newest(KeyRange range);

    /// The pair with its value, looked up where it does not stand beside the key.
    abstract KeyValue full(Bytes key, KeyEntry entry);

    /// Whether `test` holds for every pair of `range`, in the order of keys; not asked any more after the first for
    /// which it does not.
    ///
    /// @param values whether pairs come with their values, else with empty ones, for less: none is looked up
    /// @param test   asked of each pair
    /// @param none   the answer for a range without pairs
    public final boolean allMatch(KeyRange range, boolean values, Predicate<KeyValue> test, boolean none) {
        if (range.isSingle()) {
            KeyEntry entry = newest(range.start());
            return entry == null ? none : test.test(pair(range.start(), entry, values));
        }
        if (range.isEmpty()) {
            return none;
        }
        try (Scan scan = newest(range)) {
            if (!scan.next()) {
                return none;
            }
            do {
                if (!test.test(pair(scan.key(), scan.entry(), values))) {
                    return false;
                }
            } while (scan.next());
            return true;
        }
    }

    private KeyValue pair(Bytes key, KeyEntry entry, boolean value) {
        return value ? full(key, entry) : entry.withoutValue(key);
    }
}
