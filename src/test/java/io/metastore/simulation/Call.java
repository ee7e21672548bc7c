package io.metastore.simulation;

/// A call of a client, with when it began and ended by one clock.
public sealed interface Call {
    long began();

    long ended();

    /// How a put has ended.
    enum End {
        DONE,
        /// It has no effect, for certain.
        REFUSED,
        UNKNOWN
    }

    /// @param revision that it made, 0 when that is not known
    record Put(long member, String key, String value, long began, long ended, End end, long revision) implements Call {}

    /// A linearizable read that was answered.
    record Read(long member, String key, long began, long ended, SimulatedMember.Seen seen) implements Call {}
}
