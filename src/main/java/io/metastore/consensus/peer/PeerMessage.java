package io.metastore.consensus.peer;

import com.google.protobuf.ByteString;

/// A call to another member, or the answer to one.
///
/// @param kind tells what `body` is: see [Kinds]
public record PeerMessage(int kind, ByteString body) {
    /// What members ask each other, beside raft's own calls, which have the numbers below 100.
    public static final class Kinds {
        public static final int FORWARD = 100;
        /// A sign of life, answered with one.
        public static final int PING = 101;
        public static final int LEASE_RENEW = 110;
        public static final int LEASE_REMAINING = 111;
        /// Whether a member has nearly all that the leader has.
        public static final int MEMBER_IN_SYNC = 120;
        /// Whether a member has a vote in the leader's configuration.
        public static final int MEMBER_VOTES = 121;

        private Kinds() {}
    }
}
