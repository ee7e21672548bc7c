package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.util.Endpoint;

/// A member's address in its raft group: its id in hexadecimal for a host, and port 1, which means nothing. So it stays
/// the
/// same when the member's URLs change.
final class PeerAddress {
    private static final int PORT = 1;

    private PeerAddress() {}

    static PeerId of(long member) {
        return new PeerId(Long.toHexString(member), PORT);
    }

    static long member(Endpoint endpoint) {
        return Long.parseUnsignedLong(endpoint.getIp(), 16);
    }

    /// 0 for no member.
    static long member(PeerId peer) {
        return peer == null || peer.isEmpty() ? 0 : member(peer.getEndpoint());
    }
}
