package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.option.NodeOptions;
import io.metastore.consensus.peer.Peers;

/// A node's options with its way to other members.
final class PeerNodeOptions extends NodeOptions {
    private final Peers peers;

    PeerNodeOptions(Peers peers) {
        this.peers = peers;
    }

    Peers peers() {
        return peers;
    }
}
