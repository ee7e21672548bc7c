package io.metastore.mvcc;

import java.nio.charset.StandardCharsets;

/// The row of `meta` that says that an entry is applied in part: it was too large for one write, and the member ended
/// before the last. It is written together with the rows of the part, so it never says more or less than is there, and
/// goes with the write that completes the entry.
///
/// Row: format (1 byte), main revision after the last finished request, sub-revision of the next change of the open
/// request, compacted revision, the running hash and that of the rows of the command under way (8 bytes each, big
/// endian),
/// then the position.
///
/// @param revision          main revision after the last finished request
/// @param sub               changes that the open request has made
/// @param compactedRevision last compacted revision, -1 when never compacted
/// @param hash              [RunningHash#value] by then
/// @param rowsHash          [RunningHash#rows] by then
/// @param position          where in the entry to go on: known to the state machine alone
public record Unfinished(long revision, long sub, long compactedRevision, long hash, long rowsHash, byte[] position) {
    static final byte[] KEY = "unfinished".getBytes(StandardCharsets.US_ASCII);
    private static final byte FORMAT = 2;
    private static final int POSITION = 1 + 5 * 8;

    byte[] encode() {
        byte[] row = new byte[POSITION + position.length];
        new RowWriter(row, 0)
                .tag(FORMAT)
                .fixed(revision)
                .fixed(sub)
                .fixed(compactedRevision)
                .fixed(hash)
                .fixed(rowsHash)
                .rest(position);
        return row;
    }

    /// What `row` says, null for no row.
    static Unfinished decode(byte[] row) {
        if (row == null) {
            return null;
        }
        RowReader in = new RowReader("the row of the unfinished entry", row).format(FORMAT);
        return new Unfinished(in.fixed(), in.fixed(), in.fixed(), in.fixed(), in.fixed(), in.rest());
    }
}
