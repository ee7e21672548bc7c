package io.metastore.mvcc;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/// The newest live pairs, for somebody who decides by them what to do.
public abstract sealed class Pairs permits Chunk, View {
    /// The newest version of `key`, or null.
    abstract KeyEntry newest(Bytes key);

    /// Walks the newest versions of `range`.
    abstract Scan newest(KeyRange range);

    /// The pair with its value, looked up where it does not stand beside the key.
    abstract KeyValue full(Bytes key, KeyEntry entry);

    /// The pairs of `range` in the order of keys.
    public final List<KeyValue> all(KeyRange range) {
        return pairs(range, this::full);
    }

    /// The same with empty values, for less: none is looked up.
    public final List<KeyValue> withoutValues(KeyRange range) {
        return pairs(range, (key, entry) -> entry.withoutValue(key));
    }

    private List<KeyValue> pairs(KeyRange range, BiFunction<Bytes, KeyEntry, KeyValue> pair) {
        if (range.isSingle()) {
            KeyEntry entry = newest(range.start());
            return entry == null ? List.of() : List.of(pair.apply(range.start(), entry));
        }
        List<KeyValue> found = new ArrayList<>();
        if (!range.isEmpty()) {
            try (Scan scan = newest(range)) {
                while (scan.next()) {
                    found.add(pair.apply(scan.key(), scan.entry()));
                }
            }
        }
        return found;
    }
}
