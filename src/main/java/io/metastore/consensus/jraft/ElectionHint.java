package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.google.protobuf.ByteString;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Begins an election at once when the leader's process has ended, in place of an election timeout later.
///
/// A leader that is killed takes its connections with it, and its address refuses new ones: that is as good as a
/// heartbeat that did not come for a whole election timeout. A leader that is paused or cut off refuses nothing, and is
/// waited for as ever. The timeout is lowered until a leader is known; the election goes its usual way, with its
/// pre-vote: where the others still hear the leader, they say so, and nothing happens.
///
/// The followers begin one after the other, in the order of their ids, since two that begin together may each vote for
/// itself, and the next vote is an election timeout away:
///
/// ```
/// members 1, 2, 3 (leader)   3 is killed at 0 ms, refused at 5 ms
/// 1   begins at 65 to 85 ms
/// 2   begins at 185 to 205 ms, unless 1 leads by then
/// ```
final class ElectionHint {
    private static final Logger LOG = Logger.getLogger(ElectionHint.class);
    /// How long a leader is believed after its last word once it has been refused.
    private static final int TRUST_MS = 60;
    /// Between one follower's turn and the next one's: time for a vote on a slow disk.
    private static final int TURN_MS = 120;
    private static final int JITTER_MS = 20;

    private static final Duration ASKING_LIMIT = Duration.ofMillis(200);
    private static final long PAUSE_MS = 10;
    private static final int TIMES_ASKED = 50;

    private final RaftSettings settings;
    private final Supplier<List<Long>> voters;
    private final Peers peers;
    private final Supplier<Leadership> leadership;
    private final ScheduledExecutorService clock;
    /// The clock's from here on.
    private Node node;
    private NodeOptions options;
    /// The leader that is asked whether it is there, 0 for none.
    private long asked;
    private int times;
    private boolean lowered;

    /// @param voters     ids of the members that vote, this one included
    /// @param leadership as this member knows it now
    /// @param clock      one thread, which may wait for raft; all work is done there
    ElectionHint(
            RaftSettings settings,
            Supplier<List<Long>> voters,
            Peers peers,
            Supplier<Leadership> leadership,
            ScheduledExecutorService clock) {
        this.settings = settings;
        this.voters = voters;
        this.peers = peers;
        this.leadership = leadership;
        this.clock = clock;
    }

    /// @param options the node's own, which it reads again and again
    void start(Node node, NodeOptions options) {
        execute(() -> {
            this.node = node;
            this.options = options;
        });
    }

    /// Asks the leader whether it is still there when one of its lanes ends.
    void ended(Caller caller) {
        if (caller.member() == leadership.get().leader()) {
            execute(() -> begin(caller.member()));
        }
    }

    /// Takes the usual timeout again once a leader is known.
    void leadershipChanged(Leadership now) {
        if (now.leader() != 0) {
            execute(this::restore);
        }
    }

    private void begin(long leader) {
        if (asked != leader && node != null) {
            asked = leader;
            times = 0;
            ask();
        }
    }

    private void ask() {
        if (asked != leadership.get().leader() || ++times > TIMES_ASKED) {
            asked = 0;
            return;
        }
        peers.call(
                asked,
                Lane.CONTROL,
                new PeerMessage(PeerMessage.Kinds.PING, ByteString.EMPTY),
                new Peers.Reply() {
                    @Override
                    public void answered(PeerMessage answer) {
                        execute(() -> asked = 0);
                    }

                    @Override
                    public void failed(PeerFailure why) {
                        execute(() -> noAnswer(why));
                    }
                },
                ASKING_LIMIT);
    }

    private void noAnswer(PeerFailure why) {
        if (why.kind() == PeerFailure.Kind.REFUSED) {
            lower();
            asked = 0;
        } else {
            // A connection that ended is made anew only after a pause of the transport's.
            later(this::ask, PAUSE_MS);
        }
    }

    private void lower() {
        long leader = asked;
        if (leader != leadership.get().leader() || settings.electionMs() <= TRUST_MS) {
            return;
        }
        List<Long> followers = voters.get().stream()
                .filter(member -> member != leader)
                .sorted(Long::compareUnsigned)
                .toList();
        int turn = TRUST_MS + TURN_MS * Math.max(0, followers.indexOf(settings.memberId()));
        LOG.infof("the leader, member %x, is gone: nobody listens at its address; an election begins", leader);
        reset(Math.min(turn, settings.electionMs()), JITTER_MS);
        // Read at each pre-vote of another member: all of them stop believing the leader at the same time.
        options.setElectionTimeoutMs(TRUST_MS);
        lowered = true;
        // The leader may have come back, or there is no majority: nobody hurries for ever.
        later(this::restore, 10L * settings.electionMs());
    }

    private void restore() {
        if (lowered) {
            lowered = false;
            reset(settings.electionMs(), settings.electionMs());
        }
    }

    private void reset(int timeoutMs, int delayMs) {
        options.getRaftOptions().setMaxElectionDelayMs(delayMs);
        node.resetElectionTimeoutMs(timeoutMs);
    }

    /// Never on the caller's thread: JRaft's lock may be waited for here.
    private void execute(Runnable work) {
        later(work, 0);
    }

    private void later(Runnable work, long ms) {
        try {
            clock.schedule(work, ms, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException _) {
            LOG.debug("stopping, no more elections");
        }
    }
}
