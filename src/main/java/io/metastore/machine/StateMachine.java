package io.metastore.machine;

import io.metastore.cluster.Alarms;
import io.metastore.cluster.Members;
import io.metastore.lease.LeaseChunk;
import io.metastore.lease.Leases;
import io.metastore.mvcc.Chunk;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import java.util.ArrayList;
import java.util.List;

/// The replicated state as a whole, and the only thing that changes it: entries go in, one atomic engine write
/// per chunk comes out. Deterministic: equal entries make equal states. Belongs to the apply thread.
public final class StateMachine {
    private final MvccStore store;
    private final Leases leases;
    private final Alarms alarms;
    private final Members members;
    private Chunk chunk;
    private LeaseChunk leaseChunk;
    private Applying applying;

    /// Takes up the state that `store` holds.
    public StateMachine(MvccStore store) {
        this.store = store;
        try (View view = store.view()) {
            leases = new Leases(view.reads());
            alarms = new Alarms(view.reads());
            members = new Members(view.reads());
        }
    }

    public Leases leases() {
        return leases;
    }

    public Alarms alarms() {
        return alarms;
    }

    public Members members() {
        return members;
    }

    /// Raft index of the last entry that is applied and written.
    public long appliedIndex() {
        return store.state().appliedIndex();
    }

    /// Applies the commands of one entry to the open chunk, opening one if need be.
    ///
    /// @param answered whether somebody here waits for the outcomes
    /// @param metrics  told of each command
    List<Outcome<? extends Result>> apply(
            long index, List<? extends Command<?>> commands, boolean answered, ApplyMetrics metrics) {
        if (chunk == null) {
            chunk = store.begin();
            leaseChunk = new LeaseChunk(leases, chunk.base(), chunk.batch());
            applying = new Applying(chunk, leaseChunk, alarms, members);
        }
        chunk.prefetch(keysToLookUp(commands));
        List<Outcome<? extends Result>> outcomes = new ArrayList<>(commands.size());
        long started = metrics.now();
        for (Command<?> command : commands) {
            Outcome<? extends Result> outcome = applying.apply(command, index, answered);
            started = metrics.commandApplied(command, outcome, started);
            outcomes.add(outcome);
        }
        return outcomes;
    }

    private static List<Bytes> keysToLookUp(List<? extends Command<?>> commands) {
        List<Bytes> keys = new ArrayList<>(commands.size());
        for (Command<?> command : commands) {
            switch (command) {
                case Command.Put put -> keys.add(put.key());
                case Command.DeleteRange delete
                when delete.range().isSingle() -> keys.add(delete.range().start());
                case Command.Txn txn -> {
                    for (Compare compare : txn.compares()) {
                        if (compare.range().isSingle()) {
                            keys.add(compare.range().start());
                        }
                    }
                    for (Operation operation : txn.success()) {
                        if (operation instanceof Operation.Put put) {
                            keys.add(put.put().key());
                        }
                    }
                }
                default -> {}
            }
        }
        return keys;
    }

    /// Writes the open chunk, publishes its view and tells `listener`.
    ///
    /// @param metrics told how long it took to write and publish
    void commit(long index, long term, CommitListener listener, ApplyMetrics metrics) {
        long started = metrics.now();
        store.commit(chunk, index, term);
        metrics.chunkWritten(metrics.now() - started);
        LeaseChunk.Changes leaseChanges = leaseChunk.publish();
        List<Event> events = chunk.events();
        long revision = chunk.revision();
        chunk = null;
        leaseChunk = null;
        applying = null;
        listener.committed(events, leaseChanges, revision);
    }
}
