package io.metastore.machine;

import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RangeResult;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;

/// The naive store that the real one is held against: every version of every key for ever, in memory, searched
/// without any index over revisions. Written from the numbered statements, sharing nothing with the store but
/// its value types.
final class OracleStore {
    /// @param pair null for a deletion
    record Version(Revision revision, KeyValue pair) {}

    private final NavigableMap<Bytes, List<Version>> versions = new TreeMap<>();
    private final List<Event> events = new ArrayList<>();
    private long revision = 1;
    private long compacted = -1;
    private long sub;

    long revision() {
        return revision;
    }

    long compacted() {
        return compacted;
    }

    void compactTo(long target) {
        compacted = target;
    }

    /// All changes since the beginning, compacted ones too.
    List<Event> events() {
        return events;
    }

    /// TXN-17.
    long visibleRevision() {
        return sub > 0 ? revision + 1 : revision;
    }

    void endRequest() {
        revision = visibleRevision();
        sub = 0;
    }

    Version versionAt(Bytes key, long main) {
        List<Version> all = versions.getOrDefault(key, List.of());
        for (int i = all.size() - 1; i >= 0; i--) {
            if (all.get(i).revision().main() <= main) {
                return all.get(i).pair() == null ? null : all.get(i);
            }
        }
        return null;
    }

    KeyValue at(Bytes key, long main) {
        Version version = versionAt(key, main);
        return version == null ? null : version.pair();
    }

    KeyValue newest(Bytes key) {
        return at(key, Long.MAX_VALUE);
    }

    List<KeyValue> in(KeyRange range, long main) {
        if (range.isEmpty()) {
            return List.of();
        }
        SortedMap<Bytes, List<Version>> keys =
                range.end() == null ? versions.tailMap(range.start()) : versions.subMap(range.start(), range.end());
        List<KeyValue> found = new ArrayList<>();
        for (Bytes key : keys.keySet()) {
            KeyValue pair = at(key, main);
            if (pair != null) {
                found.add(pair);
            }
        }
        return found;
    }

    /// KVR-27, KVR-28, TXN-21.
    void put(Bytes key, Bytes value, long lease) {
        Version before = versionAt(key, Long.MAX_VALUE);
        Revision now = new Revision(revision + 1, sub++);
        KeyValue pair = before == null
                ? new KeyValue(key, value, now.main(), now.main(), 1, lease)
                : new KeyValue(
                        key,
                        value,
                        before.pair().createRevision(),
                        now.main(),
                        before.pair().version() + 1,
                        lease);
        versions.computeIfAbsent(key, _ -> new ArrayList<>()).add(new Version(now, pair));
        events.add(new Event.Put(now, before == null ? null : before.revision(), pair));
    }

    void delete(Bytes key) {
        Version before = versionAt(key, Long.MAX_VALUE);
        Revision now = new Revision(revision + 1, sub++);
        versions.get(key).add(new Version(now, null));
        events.add(new Event.Delete(now, before.revision(), key));
    }

    /// Answers `query` with the state at main revision `main`.
    RangeResult range(RangeQuery query, long main) {
        List<KeyValue> all = in(query.range(), main);
        if (query.detail() == RangeQuery.Detail.COUNT_ONLY) {
            return new RangeResult(List.of(), false, all.size(), visibleRevision());
        }
        List<KeyValue> kept = new ArrayList<>(candidates(query, all));
        kept.sort(order(query.order()));
        boolean more = query.limit() > 0 && kept.size() > query.limit();
        if (more) {
            kept = kept.subList(0, (int) query.limit());
        }
        return new RangeResult(shown(query, kept), more, all.size(), visibleRevision());
    }

    /// What is sorted: everything that passes the filter, or the first limit + 1 keys of it (KVR-11, KVR-18).
    static List<KeyValue> candidates(RangeQuery query, List<KeyValue> all) {
        boolean slice = query.limit() > 0
                && query.order().direction() == RangeQuery.Direction.NONE
                && query.filter().equals(RangeQuery.Filter.NONE);
        return all.stream()
                .filter(pair -> passes(query.filter(), pair))
                .limit(slice ? query.limit() + 1 : Long.MAX_VALUE)
                .toList();
    }

    /// KVR-10, KVR-16.
    static List<KeyValue> shown(RangeQuery query, List<KeyValue> pairs) {
        if (query.detail() != RangeQuery.Detail.KEYS_ONLY) {
            return List.copyOf(pairs);
        }
        boolean withLease = query.order().target() == RangeQuery.Target.VALUE;
        return pairs.stream()
                .map(pair -> new KeyValue(
                        pair.key(),
                        Bytes.EMPTY,
                        pair.createRevision(),
                        pair.modRevision(),
                        pair.version(),
                        withLease ? pair.lease() : 0))
                .toList();
    }

    private static boolean passes(RangeQuery.Filter filter, KeyValue pair) {
        return within(pair.modRevision(), filter.minMod(), filter.maxMod())
                && within(pair.createRevision(), filter.minCreate(), filter.maxCreate());
    }

    private static boolean within(long number, long least, long most) {
        return (least == 0 || number >= least) && (most == 0 || number <= most);
    }

    /// KVR-06, KVR-08.
    static Comparator<KeyValue> order(RangeQuery.Order order) {
        Comparator<KeyValue> rising = switch (order.target()) {
            case KEY -> Comparator.comparing(KeyValue::key);
            case VERSION -> Comparator.comparing(KeyValue::version);
            case CREATE -> Comparator.comparing(KeyValue::createRevision);
            case MOD -> Comparator.comparing(KeyValue::modRevision);
            case VALUE -> Comparator.comparing(KeyValue::value);
        };
        return order.direction() == RangeQuery.Direction.DESCEND ? rising.reversed() : rising;
    }
}
