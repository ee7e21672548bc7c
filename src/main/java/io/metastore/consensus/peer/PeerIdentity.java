package io.metastore.consensus.peer;

import io.metastore.cluster.Incarnation;

/// How a member introduces itself to others.
///
/// @param incarnation  the data directory that it runs on
/// @param boot         drawn at each start
/// @param featureLevel the newest formats and commands that it knows
public record PeerIdentity(long cluster, long member, Incarnation incarnation, long boot, int featureLevel) {
    /// Raised with each command, entry and peer message that an older program does not know. 2: changes of the
    /// membership. 3: users and permissions. 4: the alarm of a
    /// member whose state has diverged.
    public static final int FEATURE_LEVEL = 4;
}
