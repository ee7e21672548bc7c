package io.metastore.consensus.peer;

/// Learns that other members will have nothing to do with this one. Called on a thread that must not be blocked, again
/// at each try.
public interface TurnedAway {
    /// They know this member with other data.
    void disowned(String why);

    /// This member was removed from the cluster, which it may never learn through the log.
    void removed(String why);
}
