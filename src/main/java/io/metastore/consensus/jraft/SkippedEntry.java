package io.metastore.consensus.jraft;

import io.metastore.consensus.log.Entry;
import java.util.HexFormat;

/// An entry of the raft log that is not to be applied: this one and no other that may stand at its index.
///
/// @param checksum of the entry ([Entry#checksum])
/// @param reason   what the person who marked it says, may be empty
public record SkippedEntry(long index, long term, int checksum, String reason) {
    /// Whether the mark is that of an entry.
    public boolean isOf(long otherIndex, Entry entry) {
        return index == otherIndex && term == entry.term() && checksum == entry.checksum();
    }

    /// A checksum as it is shown and typed.
    public static String text(int checksum) {
        return HexFormat.of().toHexDigits(checksum);
    }

    /// What identifies the entry, in words.
    @Override
    public String toString() {
        return "entry " + index + " of term " + term + " with checksum " + text(checksum);
    }
}
