package io.metastore.consensus.peer;

import java.util.function.Consumer;

/// Answers other members.
///
/// Called on a thread of the transport, which reads the next message of the lane only after the call returns: must not
/// block. What is thrown ends the lane.
public interface PeerHandler {
    /// Takes a call. The calls of one lane come in the order in which they were sent.
    ///
    /// @param answer to be called at most once, on any thread; after the lane has ended it does nothing
    void called(Caller caller, PeerMessage message, Consumer<PeerMessage> answer);

    /// Learns that a lane has ended; no call comes from it any more.
    default void ended(Caller caller) {}
}
