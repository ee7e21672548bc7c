package io.metastore.mvcc;

import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/// The row of `meta` that every chunk rewrites: how far the log is applied and where the store stands.
///
/// @param appliedIndex      raft index of the last applied entry, 0 before the first
/// @param appliedTerm       its term
/// @param revision          newest main revision, 1 for an empty store (KVR-01)
/// @param compactedRevision last compacted revision, -1 when never compacted (CMP-03)
/// @param hash              of all that was applied so far, see [RunningHash]
public record StateRow(long appliedIndex, long appliedTerm, long revision, long compactedRevision, long hash) {
    static final byte[] KEY = "state".getBytes(StandardCharsets.US_ASCII);
    private static final int BYTES = 40;
    static final StateRow EMPTY = new StateRow(0, 0, 1, -1, 0);

    /// Reads the row without a store.
    ///
    /// @param meta gives the value of a key of `meta`, null when there is none
    public static StateRow read(UnaryOperator<byte[]> meta) {
        return decode(meta.apply(KEY));
    }

    byte[] encode() {
        byte[] row = new byte[BYTES];
        BigEndian.putLong(row, 0, appliedIndex);
        BigEndian.putLong(row, 8, appliedTerm);
        BigEndian.putLong(row, 16, revision);
        BigEndian.putLong(row, 24, compactedRevision);
        BigEndian.putLong(row, 32, hash);
        return row;
    }

    static StateRow decode(byte[] row) {
        if (row == null) {
            return EMPTY;
        }
        CorruptRow.sized(row, BYTES, "the state row");
        return new StateRow(
                BigEndian.getLong(row, 0),
                BigEndian.getLong(row, 8),
                BigEndian.getLong(row, 16),
                BigEndian.getLong(row, 24),
                BigEndian.getLong(row, 32));
    }
}
