package io.metastore.auth;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/// The keys that a user may touch in one way: the union of what all roles allow, as disjoint ranges in order.
///
/// ```
/// granted             asked        allowed
/// a to c, c to f      b to e       yes: together they cover it (AUT-20)
/// a to c, d to f      b to e       no: nobody allowed c
/// a to c              b alone      yes
/// from x on           y to 0x00    yes
/// ```
final class Grants {
    static final Grants NONE = new Grants(List.of());

    /// First key → end, null for none.
    private final NavigableMap<Bytes, End> ranges = new TreeMap<>();

    /// Where a range ends; a map takes no null.
    private record End(Bytes key) {
        private boolean reaches(Bytes start) {
            return key == null || key.compareTo(start) >= 0;
        }

        private boolean isBehind(End other) {
            return other.key != null && (key == null || key.compareTo(other.key) > 0);
        }
    }

    Grants(List<KeyRange> granted) {
        List<KeyRange> sorted = new ArrayList<>(granted);
        sorted.sort(Comparator.comparing(KeyRange::start));
        Bytes start = null;
        End end = null;
        for (KeyRange range : sorted) {
            End next = new End(range.end());
            if (start != null && end.reaches(range.start())) {
                end = next.isBehind(end) ? next : end;
                continue;
            }
            if (start != null) {
                ranges.put(start, end);
            }
            start = range.start();
            end = next;
        }
        if (start != null) {
            ranges.put(start, end);
        }
    }

    /// Whether all of `range` is granted. One that ends where it begins or before names no key; etcd looks whether its
    /// first key is granted.
    boolean cover(KeyRange range) {
        var below = ranges.floorEntry(range.start());
        if (below == null) {
            return false;
        }
        Bytes last = range.isEmpty() ? range.start().successor() : range.end();
        return !new End(last).isBehind(below.getValue());
    }
}
