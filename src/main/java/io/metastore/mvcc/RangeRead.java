package io.metastore.mvcc;

import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Answers one [RangeQuery] from one view.
final class RangeRead {
    private final View view;
    private final Reads reads;
    private final Allowance allowance;

    RangeRead(View view, Reads reads, Allowance allowance) {
        this.view = view;
        this.reads = reads;
        this.allowance = allowance;
    }

    RangeResult answer(RangeQuery query) throws RevisionUnavailable {
        long current = view.revision();
        long revision = query.revision() <= 0 ? current : query.revision();
        RevisionUnavailable.check(revision, current, view.compactedRevision());
        KeyRange range = query.range();
        if (range.isEmpty()) {
            return new RangeResult(List.of(), false, 0, current);
        }
        if (query.detail() == RangeQuery.Detail.COUNT_ONLY) {
            return new RangeResult(List.of(), false, view.count(reads, range, revision), current);
        }
        if (range.isSingle() && revision == current) {
            return single(query, current);
        }
        return several(query, revision, current);
    }

    private RangeResult single(RangeQuery query, long current) {
        Bytes key = query.range().start();
        KeyEntry entry = view.newest(reads, key);
        if (entry == null) {
            return new RangeResult(List.of(), false, 0, current);
        }
        if (!query.filter().passes(entry)) {
            return new RangeResult(List.of(), false, 1, current);
        }
        KeyValue pair = keyValue(key, entry, query);
        if (!allowance.add(pair)) {
            // One pair is never cut short.
            allowance.grow(allowance::gathered);
        }
        boolean blank = query.detail() == RangeQuery.Detail.KEYS_ONLY;
        return new RangeResult(List.of(blank ? pair.withoutValue() : pair), false, 1, current);
    }

    private RangeResult several(RangeQuery query, long revision, long current) {
        RangeQuery.Filter filter = query.filter();
        boolean limitWhileReading =
                query.limit() > 0 && filter.isOff() && query.order().allowsLimit();
        List<KeyValue> found = new ArrayList<>();
        long before = allowance.gathered();
        long seen = 0;
        long passed = 0;
        boolean all = true;
        boolean cut = false;
        try (Scan scan = view.scan(reads, query.range(), revision)) {
            while (scan.next()) {
                // One more than the limit is read: it tells that there is more, and takes part in the sort of KVR-11.
                if (cut || (limitWhileReading && passed > query.limit())) {
                    all = false;
                    break;
                }
                seen++;
                KeyEntry entry = scan.entry();
                if (filter.passes(entry)) {
                    passed++;
                    KeyValue pair = keyValue(scan.key(), entry, query);
                    if (allowance.keeps()) {
                        found.add(pair);
                    }
                    if (!allowance.add(pair)) {
                        long sample = passed;
                        cut = !allowance.grow(() -> expected(query, revision, before, sample));
                    }
                }
            }
        }
        long count = all ? seen : view.count(reads, query.range(), revision);
        return arranged(found, query, cut && !all, count, current);
    }

    /// What this read will have gathered at its end if the rest of the range is like the `sample` pairs so far.
    private long expected(RangeQuery query, long revision, long before, long sample) {
        long pairs = view.count(reads, query.range(), revision);
        boolean limited =
                query.limit() > 0 && query.filter().isOff() && query.order().allowsLimit();
        if (limited && query.limit() < pairs) {
            pairs = query.limit() + 1;
        }
        double each = (double) (allowance.gathered() - before) / sample;
        return Math.max(allowance.gathered(), before + (long) (each * pairs));
    }

    /// Sorts and cuts what a transaction found.
    static RangeResult arranged(List<KeyValue> found, RangeQuery query, long count, long current) {
        return arranged(found, query, false, count, current);
    }

    /// @param unfinished whether the read ended before the range and its limit did
    private static RangeResult arranged(
            List<KeyValue> found, RangeQuery query, boolean unfinished, long count, long current) {
        if (!query.order().isNatural()) {
            found.sort(comparator(query.order()));
        }
        boolean more = query.limit() > 0 && found.size() > query.limit();
        List<KeyValue> kept = more ? found.subList(0, (int) query.limit()) : found;
        if (query.detail() == RangeQuery.Detail.KEYS_ONLY && query.order().target() == RangeQuery.Target.VALUE) {
            kept = kept.stream().map(KeyValue::withoutValue).toList();
        }
        return new RangeResult(kept, more || unfinished, count, current);
    }

    private static Comparator<KeyValue> comparator(RangeQuery.Order order) {
        Comparator<KeyValue> ascending = switch (order.target()) {
            case KEY -> Comparator.comparing(KeyValue::key);
            case VERSION -> Comparator.comparingLong(KeyValue::version);
            case CREATE -> Comparator.comparingLong(KeyValue::createRevision);
            case MOD -> Comparator.comparingLong(KeyValue::modRevision);
            case VALUE -> Comparator.comparing(KeyValue::value);
        };
        return order.direction() == RangeQuery.Direction.DESCEND ? ascending.reversed() : ascending;
    }

    private KeyValue keyValue(Bytes key, KeyEntry entry, RangeQuery query) {
        return keyValue(reads, key, entry, query);
    }

    /// The pair that `query` asks for. Keys without values lose their lease too, unless values are needed to
    /// sort by (KVR-16).
    static KeyValue keyValue(Reads reads, Bytes key, KeyEntry entry, RangeQuery query) {
        if (query.detail() == RangeQuery.Detail.KEYS_ONLY && query.order().target() != RangeQuery.Target.VALUE) {
            return new KeyValue(key, Bytes.EMPTY, entry.createRevision(), entry.main(), entry.version(), 0);
        }
        return full(reads, key, entry);
    }

    /// The pair with its value, looked up where it is large.
    static KeyValue full(Reads reads, Bytes key, KeyEntry entry) {
        return entry.value() != null ? entry.keyValue(key) : History.record(reads, entry.revision());
    }

    /// Rows of `keys` for many keys in one call, null where there is none.
    static KeyEntry[] newest(Reads reads, List<Bytes> keys) {
        byte[][] rows = reads.getAll(Table.KEYS, keys.stream().map(Bytes::array).toArray(byte[][]::new));
        KeyEntry[] entries = new KeyEntry[rows.length];
        for (int i = 0; i < rows.length; i++) {
            entries[i] = rows[i] == null ? null : KeyEntry.decode(rows[i]);
        }
        return entries;
    }
}
