package io.metastore.consensus.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// One entry of the raft log, without its index: that is its place in the log.
///
/// @param term in which it was proposed, above 0
/// @param data from its position to its limit; neither is moved
public record Entry(long term, Kind kind, ByteBuffer data) {
    /// Names the entry, together with its index: CRC-32C over the term (8 bytes, big endian), the number of the kind
    /// (1 byte) and the data. It never changes from one version to the next, since people and other members hold
    /// it.
    public int checksum() {
        CRC32C checksum = new CRC32C();
        checksum.update(ByteBuffer.allocate(Long.BYTES + 1)
                .putLong(term)
                .put(kind.number)
                .flip());
        checksum.update(data.duplicate());
        return (int) checksum.getValue();
    }

    /// What an entry says. The numbers are those in the files and never change.
    public enum Kind {
        COMMANDS(1),
        /// Who the members are, from this entry on.
        CONFIGURATION(2),
        /// Nothing: a new leader's way to learn what is committed.
        NOTHING(3);

        final byte number;

        Kind(int number) {
            this.number = (byte) number;
        }

        /// The kind of a number, null when it has none.
        static Kind of(byte number) {
            for (Kind kind : values()) {
                if (kind.number == number) {
                    return kind;
                }
            }
            return null;
        }
    }
}
