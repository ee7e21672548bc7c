package io.metastore.consensus;

import com.google.protobuf.ByteString;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Asks whoever leads, where a member that follows cannot answer by itself.
public final class LeaderCalls {
    private final Peers peers;
    private final Supplier<Leadership> leadership;

    public LeaderCalls(Peers peers, Supplier<Leadership> leadership) {
        this.peers = peers;
        this.leadership = leadership;
    }

    public boolean isLeader() {
        return leadership.get().isLeader();
    }

    /// Asks the leader. Exactly one of `answered` and `failed` is called, once, on a thread that must not be blocked;
    /// an
    /// answer without a body says that the other does not lead, which is [Unavailable.LeaderChanged].
    ///
    /// @param limit how long the answer may take
    public void ask(
            int kind,
            ByteString question,
            Consumer<ByteString> answered,
            Consumer<Unavailable> failed,
            Duration limit) {
        Leadership now = leadership.get();
        if (now.leader() == 0 || now.isLeader()) {
            failed.accept(new Unavailable.NoLeader());
            return;
        }
        peers.call(
                now.leader(),
                Lane.CONTROL,
                new PeerMessage(kind, question),
                new Peers.Reply() {
                    @Override
                    public void answered(PeerMessage answer) {
                        if (answer.body().isEmpty()) {
                            failed.accept(new Unavailable.LeaderChanged());
                        } else {
                            answered.accept(answer.body());
                        }
                    }

                    @Override
                    public void failed(PeerFailure why) {
                        failed.accept(
                                why.kind() == PeerFailure.Kind.TIMED_OUT
                                        ? new Unavailable.TimedOut()
                                        : new Unavailable.LeaderChanged());
                    }
                },
                limit);
    }
}
