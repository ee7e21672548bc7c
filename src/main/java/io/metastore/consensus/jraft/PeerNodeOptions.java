package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.option.NodeOptions;
import io.metastore.consensus.peer.Peers;

/// A node's options with its way to other members.
final class PeerNodeOptions extends NodeOptions {
    private final Peers peers;
    private final Followers followers;

    PeerNodeOptions(Peers peers, Followers followers) {
        this.peers = peers;
        this.followers = followers;
    }

    /// Told of what the node sends and of the answers.
    Followers followers() {
        return followers;
    }

    Peers peers() {
        return peers;
    }
}
