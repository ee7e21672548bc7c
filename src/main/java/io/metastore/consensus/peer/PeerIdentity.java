package io.metastore.consensus.peer;

/// How a member introduces itself to others.
///
/// @param incarnation  tells it from an earlier one that had its id and lost its data
/// @param boot         drawn at each start
/// @param featureLevel the newest formats and commands that it knows
public record PeerIdentity(long cluster, long member, int incarnation, long boot, int featureLevel) {
    /// Raised with each command, entry and peer message that an older program does not know.
    public static final int FEATURE_LEVEL = 1;
}
