package io.metastore.machine;

import java.util.Optional;

/// The running hash after each of the last entries, so that two members of which one is further can be compared. The
/// apply thread tells, any thread asks.
public final class AppliedHashes {
    /// Entries that are remembered: at full load some seconds.
    static final int SIZE = 8192;

    private final long[] indexes = new long[SIZE];
    private final long[] hashes = new long[SIZE];
    private long count;

    /// @param index raft index of an entry
    /// @param hash  of all that was applied up to it, see [io.metastore.mvcc.RunningHash]
    public record At(long index, long hash) {}

    /// What two members have in common.
    public enum Comparison {
        EQUAL,
        DIFFERENT,
        /// One of them is not so far, or so far ahead that the entry is forgotten.
        UNKNOWN
    }

    /// Notes the hash after the entry `index`, greater than those before.
    public synchronized void at(long index, long hash) {
        int slot = (int) (count % SIZE);
        indexes[slot] = index;
        hashes[slot] = hash;
        count++;
    }

    /// After the last entry.
    public synchronized Optional<At> newest() {
        if (count == 0) {
            return Optional.empty();
        }
        int slot = (int) ((count - 1) % SIZE);
        return Optional.of(new At(indexes[slot], hashes[slot]));
    }

    /// Compares with what another member says of itself.
    public synchronized Comparison compare(At other) {
        long low = Math.max(0, count - SIZE);
        long high = count - 1;
        while (low <= high) {
            long middle = (low + high) >>> 1;
            int slot = (int) (middle % SIZE);
            if (indexes[slot] == other.index()) {
                return hashes[slot] == other.hash() ? Comparison.EQUAL : Comparison.DIFFERENT;
            }
            if (indexes[slot] < other.index()) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return Comparison.UNKNOWN;
    }
}
