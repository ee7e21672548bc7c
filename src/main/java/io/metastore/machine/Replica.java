package io.metastore.machine;

import io.metastore.auth.Accounts;
import io.metastore.cluster.Alarms;
import io.metastore.cluster.Members;
import io.metastore.engine.Engine;
import io.metastore.lease.Leases;
import io.metastore.mvcc.Collection;
import io.metastore.mvcc.MvccStore;
import java.util.concurrent.Executor;

/// Everything that is built on one opened state: one generation of it. Nothing in it outlives it, no cache and no
/// count, and it is made in the same way at a start and when a snapshot replaces the state.
///
/// @param engine     holds the state
/// @param store      of the keys
/// @param machine    changes the state, with leases, alarms and members
/// @param collection of what compactions left behind
public record Replica(Engine engine, MvccStore store, StateMachine machine, Collection collection) {
    /// Takes up the state that `engine` holds.
    public static Replica of(Engine engine) {
        MvccStore store = new MvccStore(engine);
        return new Replica(engine, store, new StateMachine(store), new Collection(store));
    }

    public Leases leases() {
        return machine.leases();
    }

    public Alarms alarms() {
        return machine.alarms();
    }

    public Members members() {
        return machine.members();
    }

    public Accounts accounts() {
        return machine.accounts();
    }

    /// Lets go of a state that another has replaced: its files go with the last view of it.
    void retire(Executor closing) {
        store.retire();
        engine.retire(closing);
    }

    void close() {
        store.close();
        engine.close();
    }
}
