package io.metastore.cluster;

/// An alarm that a member has raised.
public record Alarm(long memberId, Type type) implements Comparable<Alarm> {
    /// What is wrong.
    public enum Type {
        NO_SPACE(1),
        CORRUPT(2),
        /// The member's state differs from that of a majority: it has stopped, and the others go on. Clients see it as
        /// CORRUPT.
        DIVERGED(3);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        /// The number that stands for it on the wire and on disk.
        public int number() {
            return number;
        }

        public static Type of(int number) {
            for (Type type : values()) {
                if (type.number == number) {
                    return type;
                }
            }
            throw new IllegalArgumentException("there is no alarm with number " + number);
        }
    }

    @Override
    public int compareTo(Alarm other) {
        int byMember = Long.compareUnsigned(memberId, other.memberId);
        return byMember != 0 ? byMember : type.compareTo(other.type);
    }
}
