package io.metastore.value;

import java.util.Arrays;
import java.util.Objects;

/// A half-open range of keys: `start <= key < end`, without an upper bound when `end` is null.
///
/// Requests give a range as a key and a range end (KVR-04):
///
/// | key | range end | keys meant |
/// |---|---|---|
/// | `k` | empty | `k` alone |
/// | `k` | one byte 0x00 | every key from `k` on |
/// | `k` | `e` | `k <= key < e`; none when `e <= k` (KVR-05) |
public record KeyRange(Bytes start, Bytes end) {
    public static final KeyRange ALL = new KeyRange(Bytes.EMPTY, null);

    public KeyRange {
        Objects.requireNonNull(start, "start");
    }

    /// The range that a request means by `key` and `rangeEnd`.
    public static KeyRange of(Bytes key, Bytes rangeEnd) {
        if (rangeEnd.isEmpty()) {
            return single(key);
        }
        if (rangeEnd.length() == 1 && rangeEnd.array()[0] == 0) {
            return new KeyRange(key, null);
        }
        return new KeyRange(key, rangeEnd);
    }

    public static KeyRange single(Bytes key) {
        return new KeyRange(key, key.successor());
    }

    public boolean isUnbounded() {
        return end == null;
    }

    public boolean isEmpty() {
        return end != null && start.compareTo(end) >= 0;
    }

    /// Whether the range can hold one key only, which is then [#start].
    public boolean isSingle() {
        if (end == null || end.length() != start.length() + 1 || end.array()[start.length()] != 0) {
            return false;
        }
        return Arrays.equals(start.array(), 0, start.length(), end.array(), 0, start.length());
    }

    /// The part of the range behind `key`.
    public KeyRange behind(Bytes key) {
        return new KeyRange(key.successor(), end);
    }

    public boolean contains(Bytes key) {
        return contains(key.array(), 0, key.length());
    }

    /// Whether the key that lies in `bytes` from offset `from` to before `to` is in the range.
    public boolean contains(byte[] bytes, int from, int to) {
        return compare(start, bytes, from, to) <= 0 && (end == null || compare(end, bytes, from, to) > 0);
    }

    private static int compare(Bytes bound, byte[] bytes, int from, int to) {
        return Arrays.compareUnsigned(bound.array(), 0, bound.length(), bytes, from, to);
    }
}
