package io.metastore.service;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Alarms;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Leadership;
import io.metastore.engine.Engine;
import io.metastore.mvcc.MvccStore;
import java.util.List;

/// How this member is doing.
public final class MemberStatus {
    private final MvccStore store;
    private final Engine engine;
    private final Consensus consensus;
    private final Alarms alarms;
    private final long quotaBytes;

    /// @param quotaBytes as it is reported, negative for none
    public MemberStatus(MvccStore store, Engine engine, Consensus consensus, Alarms alarms, long quotaBytes) {
        this.store = store;
        this.engine = engine;
        this.consensus = consensus;
        this.alarms = alarms;
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
            long committedIndex,
            long appliedIndex,
            List<Alarm> alarms) {}

    public Now now() {
        return new Now(
                store.state().revision(),
                engine.allocatedBytes(),
                engine.liveBytes(),
                quotaBytes,
                consensus.leadership(),
                consensus.committedIndex(),
                consensus.appliedIndex(),
                alarms.raised());
    }
}
