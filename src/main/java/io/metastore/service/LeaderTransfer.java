package io.metastore.service;

import io.metastore.cluster.Member;
import io.metastore.cluster.Members;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.Unavailable;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/// Hands leadership to another member (MNT-20). Writes that come meanwhile wait for the next leader.
public final class LeaderTransfer {
    private final Consensus consensus;
    private final Supplier<Members> members;
    private final long self;
    private final Duration limit;
    private final List<Waiting> waiting = new CopyOnWriteArrayList<>();

    /// @param self  id of this member
    /// @param limit how long the other may take to lead
    public LeaderTransfer(Consensus consensus, Supplier<Members> members, long self, Duration limit) {
        this.consensus = consensus;
        this.members = members;
        this.self = self;
        this.limit = limit;
    }

    private record Waiting(long member, UniEmitter<? super Optional<StoreError>> emitter) {}

    /// Yields why it is refused, nothing once `member` leads. Fails with [Unavailable] when it does not lead in time,
    /// or
    /// this member cannot hand over now.
    public Uni<Optional<StoreError>> to(long member) {
        return Uni.createFrom()
                .<Optional<StoreError>>emitter(emitter -> begin(member, emitter))
                .ifNoItem()
                .after(limit)
                .failWith(Unavailable.TimedOut::new);
    }

    private void begin(long member, UniEmitter<? super Optional<StoreError>> emitter) {
        if (!consensus.leadership().isLeader()) {
            emitter.complete(Optional.of(StoreError.NOT_LEADER));
        } else if (member == self) {
            emitter.complete(Optional.empty());
        } else if (!votes(member)) {
            emitter.complete(Optional.of(StoreError.BAD_LEADER_TRANSFEREE));
        } else {
            Waiting caller = new Waiting(member, emitter);
            waiting.add(caller);
            emitter.onTermination(() -> waiting.remove(caller));
            try {
                consensus.transfer(member);
            } catch (Unavailable refused) {
                emitter.fail(refused);
            }
        }
    }

    private boolean votes(long id) {
        for (Member member : members.get().all()) {
            if (member.id() == id) {
                return !member.learner();
            }
        }
        return false;
    }

    /// Told on the apply thread when leadership changes.
    public void leadershipChanged(Leadership now) {
        for (Waiting caller : waiting) {
            if (caller.member == now.leader() && waiting.remove(caller)) {
                caller.emitter.complete(Optional.empty());
            }
        }
    }
}
