package io.metastore.mvcc;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The row of `meta` that says that an entry is applied in part: it was too large for one write, and the member ended
/// before the last. It is written together with the rows of the part, so it never says more or less than is there, and
/// goes with the write that completes the entry.
///
/// Row: format (1 byte), main revision after the last finished request, sub-revision of the next change of the open
/// request, compacted revision (8 bytes each, big endian), then the position.
///
/// @param revision          main revision after the last finished request
/// @param sub               changes that the open request has made
/// @param compactedRevision last compacted revision, -1 when never compacted
/// @param position          where in the entry to go on: known to the state machine alone
public record Unfinished(long revision, long sub, long compactedRevision, byte[] position) {
    static final byte[] KEY = "unfinished".getBytes(StandardCharsets.US_ASCII);
    private static final byte FORMAT = 1;
    private static final int POSITION = 1 + 3 * 8;

    byte[] encode() {
        byte[] row = new byte[POSITION + position.length];
        row[0] = FORMAT;
        BigEndian.putLong(row, 1, revision);
        BigEndian.putLong(row, 9, sub);
        BigEndian.putLong(row, 17, compactedRevision);
        System.arraycopy(position, 0, row, POSITION, position.length);
        return row;
    }

    /// What `row` says, null for no row.
    static Unfinished decode(byte[] row) {
        if (row == null) {
            return null;
        }
        if (row.length < POSITION || row[0] != FORMAT) {
            throw new CorruptRow("the row of the unfinished entry has " + row.length + " bytes"
                    + (row.length == 0 ? "" : " and format " + row[0]));
        }
        return new Unfinished(
                BigEndian.getLong(row, 1),
                BigEndian.getLong(row, 9),
                BigEndian.getLong(row, 17),
                Arrays.copyOfRange(row, POSITION, row.length));
    }
}
