package io.metastore.value;

import java.util.Map;
import java.util.TreeMap;

/// The union of ranges of keys: adding one and asking for a key cost the logarithm of how many there are,
/// however they overlap.
///
/// Example: with `[b, d)` and `[c, f)` in it, it holds one piece, `[b, f)`; `e` is in it, `f` is not.
public final class KeyRangeSet {
    /// The pieces, which neither overlap nor touch: start to end, a null end for "without one".
    private final TreeMap<Bytes, Bytes> pieces = new TreeMap<>();

    public void add(KeyRange range) {
        if (range.isEmpty()) {
            return;
        }
        Bytes start = range.start();
        Bytes end = range.end();
        Map.Entry<Bytes, Bytes> before = pieces.floorEntry(start);
        if (before != null && reaches(before.getValue(), start)) {
            start = before.getKey();
            end = later(end, before.getValue());
        }
        Map.Entry<Bytes, Bytes> next = pieces.ceilingEntry(start);
        while (next != null && reaches(end, next.getKey())) {
            end = later(end, next.getValue());
            pieces.remove(next.getKey());
            next = pieces.ceilingEntry(start);
        }
        pieces.put(start, end);
    }

    public void addAll(KeyRangeSet other) {
        other.pieces.forEach((start, end) -> add(new KeyRange(start, end)));
    }

    public boolean contains(Bytes key) {
        Map.Entry<Bytes, Bytes> piece = pieces.floorEntry(key);
        return piece != null && (piece.getValue() == null || key.compareTo(piece.getValue()) < 0);
    }

    /// Whether a piece that ends at `end` covers or touches `start`.
    private static boolean reaches(Bytes end, Bytes start) {
        return end == null || end.compareTo(start) >= 0;
    }

    private static Bytes later(Bytes one, Bytes other) {
        if (one == null || other == null) {
            return null;
        }
        return one.compareTo(other) >= 0 ? one : other;
    }
}
