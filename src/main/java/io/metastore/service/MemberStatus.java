package io.metastore.service;

import io.metastore.cluster.Alarm;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Leadership;
import io.metastore.machine.Replica;
import java.util.List;
import java.util.function.Supplier;

/// How this member is doing.
public final class MemberStatus {
    private final long self;
    private final Supplier<Replica> replicas;
    private final Consensus consensus;
    private final long quotaBytes;

    /// @param self       id of this member
    /// @param quotaBytes as it is reported, negative for none
    public MemberStatus(long self, Supplier<Replica> replicas, Consensus consensus, long quotaBytes) {
        this.self = self;
        this.replicas = replicas;
        this.consensus = consensus;
        this.quotaBytes = quotaBytes;
    }

    /// @param allocatedBytes on disk and in write buffers
    /// @param liveBytes      estimate of what live data takes of it
    /// @param committedIndex raft index up to which entries are agreed
    /// @param appliedIndex   raft index up to which they are applied here
    public record Now(
            long revision,
            long allocatedBytes,
            long liveBytes,
            long quotaBytes,
            Leadership leadership,
            boolean learner,
            long committedIndex,
            long appliedIndex,
            List<Alarm> alarms) {}

    public Now now() {
        Replica replica = replicas.get();
        return new Now(
                replica.store().state().revision(),
                replica.engine().allocatedBytes(),
                replica.engine().liveBytes(),
                quotaBytes,
                consensus.leadership(),
                replica.machine().members().isLearner(self),
                consensus.committedIndex(),
                consensus.appliedIndex(),
                replica.alarms().raised());
    }
}
