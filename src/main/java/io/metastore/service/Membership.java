package io.metastore.service;

import com.google.protobuf.ByteString;
import io.metastore.cluster.Identity;
import io.metastore.cluster.Member;
import io.metastore.cluster.MemberChange;
import io.metastore.cluster.Members;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.LeaderCalls;
import io.metastore.consensus.Unavailable;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.PeerMetrics;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Changes who belongs to the cluster. What the member table says decides, on every member alike; what only this member
/// can see, which others it is connected to, is looked at before. Raft's configuration follows the table.
public final class Membership implements PeerHandler {
    private static final Logger LOG = Logger.getLogger(Membership.class);
    /// How long members have to be connected to count as healthy.
    private static final long HEALTHY_NANOS = TimeUnit.SECONDS.toNanos(5);

    /// How long an answer waits for raft's configuration to follow. It follows later, too.
    private static final long FOLLOWS_MS = 3_000;
    private static final long PAUSE_MS = 20;
    private static final Duration ANSWER_MAX = Duration.ofSeconds(2);
    /// The first feature level whose programs know these changes.
    private static final int FEATURE_LEVEL = 2;

    private static final int YES = 1;
    private static final int NO = 2;

    private final long self;
    private final Rules rules;
    private final Proposals proposals;
    private final Supplier<Members> members;
    private final Consensus consensus;
    private final LeaderCalls leader;
    private final PeerMetrics peers;
    private final ScheduledExecutorService clock;
    private final LongAdder promoted = new LongAdder();
    private final Map<StoreError, LongAdder> notPromoted = new ConcurrentHashMap<>();

    /// What the operator allows.
    ///
    /// @param learnersMax how many learners there may be
    /// @param strict      whether changes are refused that leave too few members started or connected
    public record Rules(int learnersMax, boolean strict) {}

    /// @param self  id of this member
    /// @param clock looks again whether raft's configuration has followed
    public Membership(
            long self,
            Rules rules,
            Proposals proposals,
            Supplier<Members> members,
            Consensus consensus,
            LeaderCalls leader,
            PeerMetrics peers,
            ScheduledExecutorService clock) {
        this.self = self;
        this.rules = rules;
        this.proposals = proposals;
        this.members = members;
        this.consensus = consensus;
        this.leader = leader;
        this.peers = peers;
        this.clock = clock;
    }

    /// Lets a member come. Yields the members afterwards, or why it is refused; its id is [#idOf] what was asked.
    public Uni<Outcome<Result.ChangeMembers>> add(long id, List<String> peerUrls, boolean learner) {
        MemberChange.Add change = new MemberChange.Add(id, peerUrls, learner, rules.learnersMax(), rules.strict());
        return checked(change, () -> unhealthyWithAnother() ? StoreError.UNHEALTHY_CLUSTER : null);
    }

    /// The id of a member that is added now (CLU-03).
    public static long idOf(List<String> peerUrls, Instant now) {
        return Identity.memberId(peerUrls, Long.toString(now.getEpochSecond()));
    }

    /// Lets a member go. Yields once it has no vote any more.
    public Uni<Outcome<Result.ChangeMembers>> remove(long id) {
        return followed(
                checked(
                        new MemberChange.Remove(id, rules.strict()),
                        () -> unhealthyWithout(id) ? StoreError.UNHEALTHY_CLUSTER : null),
                id,
                false);
    }

    public Uni<Outcome<Result.ChangeMembers>> update(long id, List<String> peerUrls) {
        return checked(new MemberChange.Update(id, peerUrls), () -> null);
    }

    /// Gives a learner a vote. Yields once it has it.
    public Uni<Outcome<Result.ChangeMembers>> promote(long id) {
        MemberChange.Promote change = new MemberChange.Promote(id, rules.strict());
        Uni<Outcome<Result.ChangeMembers>> asked = isInSync(id).onItem().transformToUni(inSync -> {
            if (members.get().find(id).isEmpty()) {
                return refused(StoreError.MEMBER_NOT_FOUND);
            }
            return inSync ? checked(change, () -> null) : refused(StoreError.LEARNER_NOT_READY);
        });
        return followed(asked, id, true).onItem().invoke(this::countPromotion);
    }

    private void countPromotion(Outcome<Result.ChangeMembers> outcome) {
        switch (outcome) {
            case Outcome.Done<Result.ChangeMembers> _ -> promoted.increment();
            case Outcome.Refused<Result.ChangeMembers>(StoreError error) ->
                notPromoted.computeIfAbsent(error, _ -> new LongAdder()).increment();
        }
    }

    /// Promotions that this member was asked for and that were made.
    public long promotions() {
        return promoted.sum();
    }

    /// Promotions that this member was asked for and refused, by the reason.
    public Map<StoreError, Long> refusedPromotions() {
        Map<StoreError, Long> counts = new TreeMap<>();
        notPromoted.forEach((error, count) -> counts.put(error, count.sum()));
        return counts;
    }

    private static Uni<Outcome<Result.ChangeMembers>> refused(StoreError error) {
        return Uni.createFrom().item(new Outcome.Refused<>(error));
    }

    private Uni<Outcome<Result.ChangeMembers>> checked(MemberChange change, Supplier<StoreError> unhealthy) {
        return Uni.createFrom().deferred(() -> {
            Members now = members.get();
            if (!now.allKnow(FEATURE_LEVEL)) {
                return refused(StoreError.MEMBERS_TOO_OLD);
            }
            if (now.tooFewStarted(change)) {
                return refused(StoreError.TOO_FEW_MEMBERS_STARTED);
            }
            StoreError illness = rules.strict() ? unhealthy.get() : null;
            return illness == null ? proposals.propose(new Command.ChangeMembers(change)) : refused(illness);
        });
    }

    /// Whether a quorum would be missing if there were one voter more, and it did not answer (CLU-11).
    private boolean unhealthyWithAnother() {
        List<Member> voters = voters();
        return voters.size() > 1 && healthy(voters) < (voters.size() + 1) / 2 + 1;
    }

    /// Whether the others would have no quorum without a voter that answers (CLU-13).
    private boolean unhealthyWithout(long id) {
        Optional<Member> going = members.get().find(id);
        if (going.isEmpty() || going.get().learner()) {
            return false;
        }
        if (id != self && !peers.of(id).isConnected()) {
            return false;
        }
        List<Member> voters = voters();
        return healthy(voters) - 1 < 1 + (voters.size() - 1) / 2;
    }

    private List<Member> voters() {
        return members.get().all().stream().filter(member -> !member.learner()).toList();
    }

    /// How many voters have been connected for long enough, this member among them.
    private int healthy(List<Member> voters) {
        long now = System.nanoTime();
        return (int) voters.stream()
                .filter(member -> member.id() == self || peers.of(member.id()).isConnectedFor(HEALTHY_NANOS, now))
                .count();
    }

    private Uni<Boolean> isInSync(long id) {
        return Uni.createFrom().emitter(emitter -> ask(PeerMessage.Kinds.MEMBER_IN_SYNC, id, emitter));
    }

    /// Runs `then` if this member has no vote any more, as the leader says.
    public void whenVoteless(Runnable then) {
        hasVote(self)
                .subscribe()
                .with(
                        votes -> {
                            if (!votes) {
                                then.run();
                            }
                        },
                        unknown -> LOG.debugf("whether this member has a vote is not known: %s", unknown.getMessage()));
    }

    private Uni<Boolean> hasVote(long id) {
        return Uni.createFrom().emitter(emitter -> ask(PeerMessage.Kinds.MEMBER_VOTES, id, emitter));
    }

    private void ask(int kind, long id, UniEmitter<? super Boolean> emitter) {
        if (leader.isLeader()) {
            try {
                emitter.complete(answer(kind, id));
            } catch (Unavailable follows) {
                emitter.fail(follows);
            }
            return;
        }
        leader.ask(
                kind,
                ByteString.copyFrom(ByteBuffer.allocate(Long.BYTES).putLong(id).flip()),
                answer -> emitter.complete(answer.byteAt(0) == YES),
                emitter::fail,
                ANSWER_MAX);
    }

    private boolean answer(int kind, long id) {
        return switch (kind) {
            case PeerMessage.Kinds.MEMBER_IN_SYNC -> consensus.isInSync(id);
            case PeerMessage.Kinds.MEMBER_VOTES -> consensus.hasVote(id);
            default -> throw new IllegalArgumentException("no question about members has the number " + kind);
        };
    }

    /// Answers another member that this one leads, with nothing when it does not.
    @Override
    public void called(Caller caller, PeerMessage message, Consumer<PeerMessage> answer) {
        ByteString body;
        try {
            boolean yes =
                    answer(message.kind(), message.body().asReadOnlyByteBuffer().getLong());
            body = ByteString.copyFrom(new byte[] {(byte) (yes ? YES : NO)});
        } catch (Unavailable follows) {
            body = ByteString.EMPTY;
        }
        answer.accept(new PeerMessage(message.kind(), body));
    }

    /// Waits a while until the leader's configuration has followed: whoever is told that a member is gone may switch it
    /// off.
    private Uni<Outcome<Result.ChangeMembers>> followed(
            Uni<Outcome<Result.ChangeMembers>> changed, long id, boolean votes) {
        return changed.onItem()
                .transformToUni(outcome -> outcome instanceof Outcome.Refused || id == self && !votes
                        ? Uni.createFrom().item(outcome)
                        : Uni.createFrom()
                                .emitter(emitter -> look(
                                        id,
                                        votes,
                                        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FOLLOWS_MS),
                                        () -> emitter.complete(outcome))));
    }

    private void look(long id, boolean votes, long deadline, Runnable followed) {
        hasVote(id)
                .subscribe()
                .with(
                        now -> lookAgain(now == votes, id, votes, deadline, followed),
                        // Another leads, or nobody does: it follows the table as well.
                        _ -> lookAgain(false, id, votes, deadline, followed));
    }

    private void lookAgain(boolean done, long id, boolean votes, long deadline, Runnable followed) {
        if (done || System.nanoTime() - deadline >= 0) {
            followed.run();
            return;
        }
        try {
            clock.schedule(() -> look(id, votes, deadline, followed), PAUSE_MS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopping) {
            followed.run();
        }
    }
}
