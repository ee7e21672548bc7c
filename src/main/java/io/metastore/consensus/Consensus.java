package io.metastore.consensus;

import io.metastore.machine.ProposedBatch;
import java.util.List;

/// Getting an entry agreed. Entries that are agreed reach the apply loop in one order on every member.
public interface Consensus {
    /// An entry that was proposed here: it either comes back through the apply loop or fails.
    interface Pending extends ProposedBatch {
        /// It will not be applied as far as this member can tell; see [Unavailable#mayHaveApplied].
        void failed(Unavailable reason);

        /// Told before a leader may have it, and again once it is known that none has.
        default void handed(boolean toLeader) {}

        /// Whether nobody waits for it any more, so that it should not be handed to a leader.
        default boolean isAbandoned() {
            return false;
        }

        /// The only term in which this member, leading it, may put it into the log, 0 for any.
        default long term() {
            return 0;
        }
    }

    /// Proposes `commands` as one entry, at this member or through the leader. While nobody leads it waits for the next
    /// leader. Never blocks for long: what may be under way is bounded by the batcher.
    ///
    /// @param commands as they are encoded, those of `pending` in their order
    void propose(List<byte[]> commands, Pending pending);

    /// Who learns the end of a read barrier.
    interface BarrierCaller {
        /// Everything agreed before the barrier was asked for is applied here.
        void passed();

        void failed(Unavailable reason);
    }

    /// One read-index round: `caller` is told once this member has applied all that was agreed when the
    /// round began.
    void barrier(BarrierCaller caller);

    Leadership leadership();

    /// Begins to hand leadership to `member`, which leads a moment later or, when it does not answer, not at all.
    ///
    /// @throws Unavailable when this member does not lead, or cannot hand over now
    void transfer(long member);

    /// Whether a follower has nearly all that this member, as its leader, has (CLU-16: nine tenths of the log).
    ///
    /// @throws Unavailable when this member does not lead
    boolean isInSync(long member);

    /// Whether a member has a vote now. It may lag behind the member table, which the leader follows.
    ///
    /// @throws Unavailable when this member does not lead
    boolean hasVote(long member);

    /// Raft index up to which entries are agreed, as far as this member knows.
    long committedIndex();

    /// Raft index up to which this member has applied, entries without commands included.
    long appliedIndex();
}
