package io.metastore.cluster;

/// The data directory that a member runs on. One that lost its data is no longer who it was: it may have voted and
/// acknowledged what it does not know any more, so others turn it away.
///
/// @param number    counts the data directories that a member has had, from 1; 0 while none is known
/// @param directory drawn when the directory was made, never 0; 0 while none is known
public record Incarnation(int number, long directory) {
    /// Of a member that has not started yet.
    public static final Incarnation UNKNOWN = new Incarnation(0, 0);

    /// Whether a member with `this` may still come as `other`: nothing is known of it, or it is the same.
    public boolean admits(Incarnation other) {
        return number == 0 || equals(other);
    }

    @Override
    public String toString() {
        return number + " (data directory " + Long.toHexString(directory) + ")";
    }
}
