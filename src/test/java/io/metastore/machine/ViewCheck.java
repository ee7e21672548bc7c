package io.metastore.machine;

import io.metastore.engine.NotInMemory;
import io.metastore.mvcc.Allowance;
import io.metastore.mvcc.KvHash;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RangeResult;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import io.metastore.value.StoreError;
import java.util.ArrayList;
import java.util.List;

/// Compares one view with the oracle at the time of the view.
final class ViewCheck {
    private final View view;
    private final OracleStore oracle;
    private final long current;
    private final long compacted;

    ViewCheck(View view, OracleStore oracle, long current, long compacted) {
        this.view = view;
        this.oracle = oracle;
        this.current = current;
        this.compacted = compacted;
    }

    void query(RangeQuery query) {
        long at = query.revision() <= 0 ? current : query.revision();
        StoreError refusal = refusal(at);
        RangeResult actual;
        try {
            actual = view.range(query);
        } catch (RevisionUnavailable e) {
            OutcomeCheck.equal("refusal of " + query, refusal, e.error());
            return;
        }
        OutcomeCheck.equal("refusal of " + query, refusal, null);
        RangeResult expected = oracle.range(query, at);
        OutcomeCheck.same(query.toString(), query, expected, actual);
        try {
            OutcomeCheck.equal("from memory: " + query, actual, view.rangeInMemory(query, Allowance.unlimited()));
        } catch (NotInMemory _) {
            // A caller would go to the disk, as the first reading did.
        } catch (RevisionUnavailable e) {
            throw new AssertionError("readable from disk but not from memory: " + query, e);
        }
    }

    /// KVR-20, KVR-21.
    private StoreError refusal(long at) {
        if (at > current) {
            return StoreError.FUTURE_REVISION;
        }
        return at < compacted ? StoreError.COMPACTED : null;
    }

    void counts() {
        OutcomeCheck.equal("live keys", (long) oracle.in(KeyRange.ALL, current).size(), view.keys());
    }

    /// For a view of the past: it shows what was there then.
    void wholeStateAtItsRevision() {
        try {
            OutcomeCheck.equal(
                    "pairs of a view that was held",
                    oracle.in(KeyRange.ALL, current),
                    view.range(RangeQuery.all(KeyRange.ALL)).keyValues());
        } catch (RevisionUnavailable e) {
            throw new AssertionError("the newest revision of a view is always readable", e);
        }
        counts();
        events(Math.max(current - 20, compacted));
    }

    /// What is there above the compacted revision is complete; exactly at it only what is newest of its key
    /// need be (CMP-08).
    void events(long from) {
        List<Event> expected = between(oracle.events(), from);
        List<Event> actual = new ArrayList<>();
        view.scan(new Revision(from, 0), current, event -> {
            actual.add(event);
            return true;
        });
        OutcomeCheck.equal("events from " + from, above(expected), above(actual));
        for (Event event : expected) {
            boolean newestOfItsKey = expected.stream()
                    .filter(other ->
                            other.revision().main() == compacted && other.key().equals(event.key()))
                    .reduce((_, last) -> last)
                    .filter(event::equals)
                    .isPresent();
            if (event.revision().main() == compacted && newestOfItsKey && !actual.contains(event)) {
                throw new AssertionError("the event at the compacted revision is gone: " + event);
            }
        }
        for (Event event : actual) {
            OutcomeCheck.equal("pair before " + event, before(event), view.previous(event));
        }
    }

    private List<Event> between(List<Event> all, long from) {
        int first = all.size();
        while (first > 0 && all.get(first - 1).revision().main() >= from) {
            first--;
        }
        return all.subList(first, all.size()).stream()
                .filter(event -> event.revision().main() <= current)
                .toList();
    }

    private List<Event> above(List<Event> events) {
        return events.stream()
                .filter(event -> event.revision().main() > compacted)
                .toList();
    }

    /// WAT-17.
    private KeyValue before(Event event) {
        boolean creates = event instanceof Event.Put put && put.isCreate();
        long main = event.revision().main();
        return creates || main - 1 < compacted ? null : oracle.at(event.key(), main - 1);
    }

    void hash(long asked) {
        long at = asked == 0 ? current : asked;
        try {
            KvHash hash = KvHash.of(view, asked);
            OutcomeCheck.equal("refusal of the hash at " + asked, refusal(at), null);
            OutcomeCheck.equal("hash", new KvHash(OracleHash.of(oracle, at), at, compacted, current), hash);
        } catch (RevisionUnavailable e) {
            OutcomeCheck.equal("refusal of the hash at " + asked, refusal(at), e.error());
        }
    }
}
