package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.PeerId;
import io.metastore.cluster.Member;
import io.metastore.consensus.Leadership;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/// Brings raft's configuration to where the member table says, one change after the other, on the member that leads.
///
/// The table is agreed first and says who belongs to the cluster; the configuration follows, whoever leads meanwhile.
/// Who comes takes part as a learner until it has what the leader has, so that a voter that has not started, or has
/// far to go, holds up nobody. Raft has no step from learner to voter: there is a moment in between in which a member
/// is
/// neither, and if the leader ends in it, the next one begins with a learner again.
///
/// ```
/// table                configuration   what happens
/// 1, 2, 3 (voter)      1, 2            3 becomes a learner
/// 1, 2, 3              1, 2, +3        once 3 has what the leader has: 3 is taken out, then in with a vote
/// 1, 2 (3 removed)     1, 2, 3         3 is taken out
/// 2, 3 (1 removed)     1, 2, 3; 1      1 hands leadership over; the next leader takes it out
/// ```
final class Reconfiguration {
    private static final Logger LOG = Logger.getLogger(Reconfiguration.class);
    /// Until a change is tried again, or it is looked again whether a member has caught up.
    private static final long PAUSE_MS = 100;

    private final long self;
    private final Supplier<List<Member>> table;
    private final Supplier<Leadership> leadership;
    private final LongPredicate caughtUp;
    private final ScheduledExecutorService clock;
    /// The clock's from here on.
    private volatile Node node;
    private volatile boolean underWay;
    private boolean looksAgain;
    private boolean handsOver;
    private int handOvers;
    /// Whether raft goes on with this member alone, and the table does not say so yet.
    private volatile boolean forced;
    private volatile List<Member> seen = List.of();

    /// @param self     id of this member
    /// @param table    who belongs to the cluster, as agreed; empty before a cluster has been founded
    /// @param caughtUp whether a member has nearly all that this one, as its leader, has
    /// @param clock    one thread, which may wait for raft; all work is done there
    Reconfiguration(
            long self,
            Supplier<List<Member>> table,
            Supplier<Leadership> leadership,
            LongPredicate caughtUp,
            ScheduledExecutorService clock) {
        this.self = self;
        this.table = table;
        this.leadership = leadership;
        this.caughtUp = caughtUp;
        this.clock = clock;
    }

    void start(Node started) {
        later(
                () -> {
                    node = started;
                    look();
                },
                0);
    }

    /// Lets the configuration be what it is, this member alone, until the table is that, too. Any thread.
    void force() {
        forced = true;
    }

    /// Told on the apply thread that entries were applied. Costs a comparison unless the table is another one.
    void applied() {
        List<Member> now = table.get();
        if (now != seen) {
            seen = now;
            later(this::look, 0);
        }
    }

    /// Told on the apply thread.
    void leadershipChanged() {
        later(this::look, 0);
    }

    private void look() {
        if (node == null || underWay || !leadership.get().isLeader()) {
            handsOver = false;
            return;
        }
        List<Member> wanted = table.get();
        Configuration now;
        try {
            now = new Configuration(node.listPeers(), node.listLearners());
        } catch (IllegalStateException noMoreLeader) {
            return;
        }
        if (wanted.size() == 1) {
            forced = false;
        }
        if (wanted.isEmpty() || forced) {
            return;
        }
        Next next = next(wanted, now);
        switch (next) {
            case Next.Nothing _ -> handsOver = false;
            case Next.Wait _ -> lookAgain();
            case Next.HandOver _ -> handOver();
            case Next.Change change -> change(change, now);
        }
    }

    /// The step that comes next.
    private sealed interface Next {
        record Nothing() implements Next {}

        /// For a member that catches up.
        record Wait() implements Next {}

        record HandOver() implements Next {}

        record Change(Configuration to, String what) implements Next {}
    }

    private Next next(List<Member> wanted, Configuration now) {
        Set<PeerId> voters = peers(wanted, false);
        Set<PeerId> all = new HashSet<>(voters);
        all.addAll(peers(wanted, true));
        Set<PeerId> present = new HashSet<>(now.listPeers());
        present.addAll(now.getLearners());
        for (PeerId learner : now.getLearners()) {
            if (!all.contains(learner)) {
                return change(now, learner, Role.NONE);
            }
        }
        for (PeerId voter : now.listPeers()) {
            if (!voters.contains(voter) && PeerAddress.member(voter) != self) {
                return change(now, voter, Role.NONE);
            }
        }
        boolean waits = false;
        for (PeerId peer : all) {
            boolean ready = voters.contains(peer) && caughtUp.test(PeerAddress.member(peer));
            if (!present.contains(peer)) {
                return change(now, peer, ready ? Role.VOTER : Role.LEARNER);
            }
            if (voters.contains(peer) && !now.listPeers().contains(peer)) {
                if (ready) {
                    return change(now, peer, Role.NONE);
                }
                waits = true;
            }
        }
        // The last voter that goes has nobody to hand over to.
        if (!voters.contains(PeerAddress.of(self)) && now.listPeers().size() > 1) {
            return new Next.HandOver();
        }
        return waits ? new Next.Wait() : new Next.Nothing();
    }

    private enum Role {
        NONE,
        LEARNER,
        VOTER
    }

    private static Next.Change change(Configuration now, PeerId peer, Role role) {
        Configuration to = now.copy();
        to.removePeer(peer);
        to.removeLearner(peer);
        String member = "member " + Long.toHexString(PeerAddress.member(peer));
        return switch (role) {
            case NONE -> new Next.Change(to, member + " is taken out");
            case LEARNER -> {
                to.addLearner(peer);
                yield new Next.Change(to, member + " gets a copy and no vote");
            }
            case VOTER -> {
                to.addPeer(peer);
                yield new Next.Change(to, member + " votes");
            }
        };
    }

    private static Set<PeerId> peers(List<Member> members, boolean learners) {
        return members.stream()
                .filter(member -> member.learner() == learners)
                .map(member -> PeerAddress.of(member.id()))
                .collect(Collectors.toSet());
    }

    private void change(Next.Change change, Configuration from) {
        underWay = true;
        try {
            node.changePeers(
                    change.to(),
                    status -> later(
                            () -> {
                                underWay = false;
                                ended(change, from, status);
                            },
                            0));
        } catch (IllegalArgumentException overtaken) {
            // Another change, begun before this member led, has ended since it looked.
            underWay = false;
            LOG.debugf("raft's configuration: not that %s: %s", change.what(), overtaken.getMessage());
            lookAgain();
        }
    }

    private void ended(Next.Change change, Configuration from, Status status) {
        if (status.isOk()) {
            LOG.infof("raft's configuration: %s (before: %s)", change.what(), text(from));
            look();
        } else {
            LOG.debugf("raft's configuration: not yet that %s: %s", change.what(), status.getErrorMsg());
            lookAgain();
        }
    }

    /// A member that goes leads no more: raft would let it end as the leader without a word to the others.
    private void handOver() {
        if (!handsOver) {
            handsOver = true;
            LOG.info("this member is removed from the cluster and hands leadership over");
        }
        List<PeerId> others = new ArrayList<>(peers(table.get(), false));
        others.removeIf(peer -> !caughtUp.test(PeerAddress.member(peer)));
        if (!others.isEmpty()) {
            // Another one each time: the first may have fallen silent.
            PeerId to = others.get(Math.floorMod(handOvers++, others.size()));
            Status status = node.transferLeadershipTo(to);
            LOG.debugf("leadership is handed to %s: %s", to, status);
        }
        lookAgain();
    }

    private void lookAgain() {
        if (!looksAgain) {
            looksAgain = true;
            later(
                    () -> {
                        looksAgain = false;
                        look();
                    },
                    PAUSE_MS);
        }
    }

    /// Whether raft's configuration, as far as this member leads it, has a member among its voters. While a change is
    /// under way nothing is certain: the vote of one who goes may still be needed.
    ///
    /// @throws IllegalStateException when this member does not lead, or a change is under way
    boolean votes(long member) {
        Node current = node;
        if (current == null) {
            throw new IllegalStateException("not started yet");
        }
        boolean votes = current.listPeers().contains(PeerAddress.of(member));
        // Asked after the configuration: a change that has begun since is seen.
        if (underWay) {
            throw new IllegalStateException("the configuration changes");
        }
        return votes;
    }

    private static String text(Configuration configuration) {
        String voters = configuration.listPeers().stream()
                .map(peer -> Long.toHexString(PeerAddress.member(peer)))
                .collect(Collectors.joining(", "));
        String learners = configuration.getLearners().stream()
                .map(peer -> ", without a vote " + Long.toHexString(PeerAddress.member(peer)))
                .collect(Collectors.joining());
        return voters + learners;
    }

    private void later(Runnable work, long ms) {
        try {
            clock.schedule(work, ms, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException _) {
            LOG.debug("stopping, the configuration stays");
        }
    }
}
