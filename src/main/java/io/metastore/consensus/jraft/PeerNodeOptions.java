package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.option.NodeOptions;
import io.metastore.consensus.peer.Peers;

/// A node's options with its way to other members, and what counts on it.
final class PeerNodeOptions extends NodeOptions {
    private final Peers peers;
    private final Followers followers;
    private final ReplicationMetrics metrics;

    PeerNodeOptions(Peers peers, Followers followers, ReplicationMetrics metrics) {
        this.peers = peers;
        this.followers = followers;
        this.metrics = metrics;
    }

    /// Told of what the node sends and of the answers.
    Followers followers() {
        return followers;
    }

    Peers peers() {
        return peers;
    }

    ReplicationMetrics metrics() {
        return metrics;
    }
}
