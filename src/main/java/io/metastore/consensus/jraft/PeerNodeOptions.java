package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.option.NodeOptions;
import io.metastore.consensus.peer.Peers;

/// A node's options with its way to other members, and what counts on it.
final class PeerNodeOptions extends NodeOptions {
    private final Peers peers;
    private final ReplicationMetrics metrics;

    PeerNodeOptions(Peers peers, ReplicationMetrics metrics) {
        this.peers = peers;
        this.metrics = metrics;
    }

    Peers peers() {
        return peers;
    }

    ReplicationMetrics metrics() {
        return metrics;
    }
}
