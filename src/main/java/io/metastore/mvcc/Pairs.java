package io.metastore.mvcc;

import io.metastore.engine.Reads;
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

    /// What holds the values that versions come without.
    abstract Reads reads();

    /// The pair with its value.
    final KeyValue full(Bytes key, KeyEntry entry) {
        return RangeRead.full(reads(), key, entry);
    }

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
            return values ? allMatch(scan, test) : allMatchWithoutValues(scan, test);
        }
    }

    private static boolean allMatchWithoutValues(Scan scan, Predicate<KeyValue> test) {
        do {
            if (!test.test(scan.entry().withoutValue(scan.key()))) {
                return false;
            }
        } while (scan.next());
        return true;
    }

    private boolean allMatch(Scan scan, Predicate<KeyValue> test) {
        ValuePage page = new ValuePage(reads());
        boolean more;
        do {
            page.add(scan.key(), scan.entry());
            more = scan.next();
            if ((page.isFull() || !more) && !page.drain((_, pair) -> test.test(pair))) {
                return false;
            }
        } while (more);
        return true;
    }

    private KeyValue pair(Bytes key, KeyEntry entry, boolean value) {
        return value ? full(key, entry) : entry.withoutValue(key);
    }
}
