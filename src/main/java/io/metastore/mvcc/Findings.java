package io.metastore.mvcc;

import io.metastore.engine.Reads;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What the read of a range has found, gathered in the order of keys, then sorted and cut as its query asks.
///
/// Values are fetched in pages, and only of pairs that are part of the answer. So a read that sorts by anything
/// but the value and has a limit fetches them when it has sorted; any other one does so on the way.
final class Findings {
    private final RangeQuery query;
    private final ValuePage page;
    private final boolean sortsFirst;
    private final List<KeyValue> pairs = new ArrayList<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private long found;

    /// A pair whose value is fetched if the limit lets it through.
    private record Waiting(KeyValue pair, KeyEntry entry) {}

    Findings(RangeQuery query, Reads reads) {
        this.query = query;
        this.page = new ValuePage(reads);
        this.sortsFirst = hasValues(query)
                && query.limit() > 0
                && !query.order().isNatural()
                && query.order().target() != RangeQuery.Target.VALUE;
    }

    /// Whether pairs are found with their values. Keys alone are not, unless values are needed to sort by
    /// (KVR-16).
    static boolean hasValues(RangeQuery query) {
        return query.detail() != RangeQuery.Detail.KEYS_ONLY || query.order().target() == RangeQuery.Target.VALUE;
    }

    /// A key without its value loses its lease, too (KVR-16).
    static KeyValue keyOnly(Bytes key, KeyEntry entry) {
        return new KeyValue(key, Bytes.EMPTY, entry.createRevision(), entry.main(), entry.version(), 0);
    }

    void add(Bytes key, KeyEntry entry) {
        found++;
        if (query.order().isNatural() && isBeyondLimit()) {
            // Says that there is more, and nothing else.
            return;
        }
        if (sortsFirst) {
            waiting.add(new Waiting(entry.withoutValue(key), entry));
        } else if (hasValues(query)) {
            fetchInPages(key, entry);
        } else {
            pairs.add(keyOnly(key, entry));
        }
    }

    private void fetchInPages(Bytes key, KeyEntry entry) {
        page.add(key, entry);
        if (page.isFull()) {
            fetch();
        }
    }

    private boolean isBeyondLimit() {
        return query.limit() > 0 && found > query.limit();
    }

    private void fetch() {
        page.drain((_, pair) -> pairs.add(pair));
    }

    /// @param unfinished whether the read ended before the range and its limit did
    RangeResult result(boolean unfinished, long count, long current) {
        boolean more = isBeyondLimit();
        if (sortsFirst) {
            waiting.sort(Comparator.comparing(Waiting::pair, comparator(query.order())));
            for (Waiting chosen : cut(waiting, more)) {
                fetchInPages(chosen.pair().key(), chosen.entry());
            }
            fetch();
            return new RangeResult(pairs, more || unfinished, count, current);
        }
        fetch();
        if (!query.order().isNatural()) {
            pairs.sort(comparator(query.order()));
        }
        List<KeyValue> kept = cut(pairs, more);
        if (query.detail() == RangeQuery.Detail.KEYS_ONLY && query.order().target() == RangeQuery.Target.VALUE) {
            kept = kept.stream().map(KeyValue::withoutValue).toList();
        }
        return new RangeResult(kept, more || unfinished, count, current);
    }

    private <T> List<T> cut(List<T> all, boolean more) {
        return more && all.size() > query.limit() ? all.subList(0, (int) query.limit()) : all;
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
}
