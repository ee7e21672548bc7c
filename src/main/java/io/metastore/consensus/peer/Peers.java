package io.metastore.consensus.peer;

import java.time.Duration;

/// The way to the other members. Connections are made when they are needed and made anew after a failure; nothing here
/// waits for one.
public interface Peers {
    /// Who waits for an answer. Exactly one of the two is called, once, on a thread of the transport or on the
    /// caller's;
    /// neither may block.
    interface Reply {
        void answered(PeerMessage answer);

        void failed(PeerFailure why);
    }

    /// Sends `message` to `member`. It is taken as it is when this returns, and later changes of what it was made from
    /// do
    /// no harm. Any thread may call; calls of one thread on one lane arrive in their order.
    ///
    /// @param limit how long an answer may take
    void call(long member, Lane lane, PeerMessage message, Reply reply, Duration limit);

    /// No other member: every call fails.
    static Peers none() {
        return (member, _, _, reply, _) -> reply.failed(
                new PeerFailure(PeerFailure.Kind.NOT_SENT, "there is no way to member " + Long.toHexString(member)));
    }
}
