package io.metastore.consensus.peer;

/// What travels apart between two members, so that nothing small waits behind something large. Messages of one lane
/// arrive in the order in which they were sent.
public enum Lane {
    /// Entries of the log.
    APPEND,
    /// Votes, heartbeats, read index, transfer of leadership, leases.
    CONTROL,
    /// Batches of commands on their way to the leader.
    FORWARD,
    /// Files of snapshots.
    BULK
}
