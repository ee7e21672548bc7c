package io.metastore.machine;

import io.metastore.auth.Accounts;
import io.metastore.auth.AuthApplied;
import io.metastore.cluster.Alarms;
import io.metastore.cluster.Members;
import io.metastore.lease.LeaseChunk;
import io.metastore.lease.Leases;
import io.metastore.mvcc.Chunk;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.StateRow;
import io.metastore.mvcc.Unfinished;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import java.util.ArrayList;
import java.util.List;

/// The replicated state as a whole, and the only thing that changes it: entries go in, one atomic engine write
/// per chunk comes out. Deterministic: equal entries make equal states. Belongs to the apply thread.
///
/// An entry that changes very many keys goes out in several writes. The applied index comes with the last, and nothing
/// is published before it. Each of the others says how far the entry has come by then: another run of the program that
/// finds the entry in part goes on from there.
public final class StateMachine {
    /// Rows that are written at once while a command deletes many keys: some 12,000 deletes of keys of 30 bytes, 5 MiB
    /// of objects.
    private static final int SPILL_BYTES = 2 << 20;

    private final MvccStore store;
    private final int spillBytes;
    private final Leases leases;
    private final Alarms alarms;
    private final Members members;
    private final Accounts accounts;
    private final AppliedHashes hashes = new AppliedHashes();
    private final EntryProgress progress = new EntryProgress();
    private Unfinished unfinished;
    private Chunk chunk;
    private LeaseChunk leaseChunk;
    private Applying applying;

    /// What the chunk holds of the entries before the one that is being applied.
    private StateRow before;

    private CommitListener listener;

    /// Takes up the state that `store` holds.
    public StateMachine(MvccStore store) {
        this(store, SPILL_BYTES);
    }

    /// @param spillBytes rows that are written at once while a command deletes many keys
    StateMachine(MvccStore store, int spillBytes) {
        this.store = store;
        this.spillBytes = spillBytes;
        this.unfinished = store.unfinished();
        hashes.at(store.state().appliedIndex(), store.state().hash());
        try (View view = store.view()) {
            leases = new Leases(view.reads());
            alarms = new Alarms(view.reads());
            members = new Members(view.reads());
            accounts = new Accounts(view.reads());
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

    public Accounts accounts() {
        return accounts;
    }

    /// What the state was after each of the last entries. Any thread may ask.
    public AppliedHashes hashes() {
        return hashes;
    }

    /// Raft index of the last entry that is applied and written.
    public long appliedIndex() {
        return store.state().appliedIndex();
    }

    /// Applies the commands of one entry to the open chunk, opening one if need be.
    ///
    /// @param answered whether somebody here waits for the outcomes
    /// @param told     of what is written before the whole entry is
    /// @param metrics  told of each command
    /// @return one outcome per command; none for an entry that was applied in part before the start
    List<Outcome<? extends Result>> apply(
            long index,
            long term,
            List<? extends Command<?>> commands,
            boolean answered,
            CommitListener told,
            ApplyMetrics metrics) {
        listener = told;
        progress.entry(index);
        List<Outcome<? extends Result>> outcomes = List.of();
        int first = 0;
        if (unfinished != null) {
            first = resume(index, commands, answered);
        } else {
            if (chunk == null) {
                open(store.begin());
                before = store.state();
            } else {
                before = new StateRow(
                        before.appliedIndex(),
                        before.appliedTerm(),
                        chunk.revision(),
                        chunk.compactedRevision(),
                        chunk.hash().value());
            }
            outcomes = new ArrayList<>(commands.size());
        }
        chunk.prefetch(keysToLookUp(commands));
        long started = metrics.now();
        for (int i = first; i < commands.size(); i++) {
            Command<?> command = commands.get(i);
            progress.command(i);
            Outcome<? extends Result> outcome = applying.apply(command, index, answered);
            applied(outcome instanceof Outcome.Done<?>);
            started = metrics.commandApplied(command, outcome, started);
            if (first == 0) {
                outcomes.add(outcome);
            }
        }
        before = new StateRow(index, term, before.revision(), before.compactedRevision(), before.hash());
        hashes.at(index, chunk.hash().value());
        return outcomes;
    }

    private void applied(boolean done) {
        chunk.hash().command(done, chunk.revision(), chunk.compactedRevision());
    }

    private void open(Chunk opened) {
        chunk = opened;
        leaseChunk = new LeaseChunk(leases, chunk.base(), chunk.batch());
        applying = new Applying(chunk, leaseChunk, alarms, members, accounts, new Spilling(), progress);
    }

    /// Does the rest of the command that an earlier run of the program wrote in part. Returns the place of the next.
    private int resume(long index, List<? extends Command<?>> commands, boolean answered) {
        EntryPosition position = EntryPosition.decode(unfinished.position());
        if (index == position.index() && commands.isEmpty()) {
            throw new IllegalStateException("entry " + index + " is skipped, but the state has a part of what it does:"
                    + " move member/state away, which is then made anew from the newest snapshot (docs/failures.md,"
                    + " \"Getting out\"), and start again");
        }
        if (index != position.index() || answered || position.command() >= commands.size()) {
            throw new IllegalStateException("the state has a part of entry " + position.index()
                    + ", up to its command " + position.command() + ", and the log brings entry " + index + " of "
                    + commands.size() + " commands: this is another log's state");
        }
        open(store.resume(unfinished));
        unfinished = null;
        before = store.state();
        progress.command(position.command());
        applying.rest(commands.get(position.command()), position);
        applied(true);
        return position.command() + 1;
    }

    /// Writes out the open chunk in the middle of an entry.
    private final class Spilling implements Spill {
        @Override
        public boolean isDue() {
            return chunk.bytes() >= spillBytes;
        }

        @Override
        public void run() {
            listener.spilled(chunk.events());
            store.spill(chunk, before, progress.position().encode());
            leaseChunk.spilled(chunk.base(), chunk.batch());
        }
    }

    private static List<Bytes> keysToLookUp(List<? extends Command<?>> commands) {
        List<Bytes> keys = new ArrayList<>(commands.size());
        for (Command<?> command : commands) {
            switch (command.plain()) {
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

    /// Writes the open chunk, publishes its view and tells `told`.
    ///
    /// @param metrics told how long it took to write and publish
    void commit(long index, long term, CommitListener told, ApplyMetrics metrics) {
        long started = metrics.now();
        store.commit(chunk, index, term);
        metrics.chunkWritten(metrics.now() - started);
        LeaseChunk.Changes leaseChanges = leaseChunk.publish();
        List<AuthApplied> authChanges = applying.authChanges();
        List<Event> events = chunk.events();
        boolean complete = !chunk.isSpilled();
        long revision = chunk.revision();
        chunk = null;
        leaseChunk = null;
        applying = null;
        if (!authChanges.isEmpty()) {
            told.authChanged(authChanges);
        }
        told.committed(events, complete, leaseChanges, revision);
    }
}
