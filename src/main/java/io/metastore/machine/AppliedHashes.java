package io.metastore.machine;

import java.util.Optional;
import java.util.OptionalLong;

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

    /// The hash after the entry `index`, nothing when it is not applied yet or forgotten.
    public synchronized OptionalLong after(long index) {
        long low = Math.max(0, count - SIZE);
        long high = count - 1;
        while (low <= high) {
            long middle = (low + high) >>> 1;
            int slot = (int) (middle % SIZE);
            if (indexes[slot] == index) {
                return OptionalLong.of(hashes[slot]);
            }
            if (indexes[slot] < index) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return OptionalLong.empty();
    }
}
