package io.metastore.mvcc;

import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
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
        boolean value = Findings.hasValues(query);
        if (!allowance.add(key, value ? entry.valueLength() : 0)) {
            // One pair is never cut short.
            allowance.grow(allowance::gathered);
        }
        KeyValue pair = value ? full(reads, key, entry) : Findings.keyOnly(key, entry);
        boolean blank = query.detail() == RangeQuery.Detail.KEYS_ONLY;
        return new RangeResult(List.of(blank ? pair.withoutValue() : pair), false, 1, current);
    }

    private RangeResult several(RangeQuery query, long revision, long current) {
        RangeQuery.Filter filter = query.filter();
        boolean limitWhileReading =
                query.limit() > 0 && filter.isOff() && query.order().allowsLimit();
        Findings found = new Findings(query, reads);
        boolean values = Findings.hasValues(query);
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
                    // Asked before the value is fetched, which may then not be fetched at all.
                    if (!allowance.add(scan.key(), values ? entry.valueLength() : 0)) {
                        long sample = passed;
                        cut = !allowance.grow(() -> expected(query, revision, before, sample));
                    }
                    if (allowance.keeps()) {
                        found.add(scan.key(), entry);
                    }
                }
            }
        }
        long count = all ? seen : view.count(reads, query.range(), revision);
        return found.result(cut && !all, count, current);
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

    /// The pair with its value, looked up where it is not known.
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
