package io.metastore.machine;

import io.metastore.engine.Engine;
import io.metastore.engine.EngineFailure;
import io.metastore.mvcc.StateRow;
import io.metastore.mvcc.View;
import io.metastore.mvcc.Views;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The newest generation of the state. A snapshot of the leader is taken as a new one, while the old one is read still.
///
/// Whoever needs the state asks for it each time, which is one volatile read, and keeps nothing of it but an open view.
/// Only the apply thread replaces it.
public final class Replicas implements Supplier<Replica>, Views, AutoCloseable {
    /// Opens states that were captured, for this member's engine.
    public interface States {
        /// Makes the state of a snapshot this member's own: when it returns, the next start begins with it too. When it
        /// throws, or the program ends before, the next start begins with the state before or with this one.
        ///
        /// @param captured what [io.metastore.engine.Capture#writeTo] of any engine wrote
        /// @param applied  how far it says it goes
        /// @throws EngineFailure when it is damaged, does not go so far, or cannot be read or written
        Engine open(Path captured, long applied);
    }

    private final States states;
    private final Executor closing;
    private final Object collecting = new Object();
    private volatile Replica current;

    /// @param opened  the state to begin with, taken over
    /// @param states  opens what is installed
    /// @param closing closes states that were replaced, when nobody reads them any more
    public Replicas(Engine opened, States states, Executor closing) {
        this.states = states;
        this.closing = closing;
        this.current = Replica.of(opened);
    }

    @Override
    public Replica get() {
        return current;
    }

    @Override
    public View view() {
        while (true) {
            // A store that is retired has been replaced before.
            View newest = current.store().viewUnlessRetired();
            if (newest != null) {
                return newest;
            }
        }
    }

    @Override
    public StateRow state() {
        return current.store().state();
    }

    /// Replaces the state by a captured one. Called by the apply thread, between two chunks. When it throws, the member
    /// must stop.
    public Replica install(Path captured, long applied) {
        Replica next = Replica.of(states.open(captured, applied));
        synchronized (collecting) {
            Replica before = current;
            current = next;
            before.retire(closing);
        }
        return next;
    }

    /// Lets `work` write to the state beside the apply thread, a short while: none is installed meanwhile.
    public void collect(Consumer<Replica> work) {
        synchronized (collecting) {
            work.accept(current);
        }
    }

    @Override
    public void close() {
        current.close();
    }
}
