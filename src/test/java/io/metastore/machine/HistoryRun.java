package io.metastore.machine;

import io.metastore.engine.EngineKind;
import io.metastore.lease.Lease;
import io.metastore.lease.LeaseChunk;
import io.metastore.lease.Leases;
import io.metastore.mvcc.Collection;
import io.metastore.mvcc.HotKeys;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.StoreFolder;
import io.metastore.mvcc.Unfinished;
import io.metastore.mvcc.View;
import io.metastore.value.Event;
import io.metastore.value.Revision;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;

/// Runs a history on the real state machine and on the oracle, and compares them all the way.
final class HistoryRun implements AutoCloseable {
    private static final CommitListener NOBODY = new CommitListener() {
        @Override
        public void committed(List<Event> events, boolean complete, LeaseChunk.Changes leases, long revision) {}
    };
    private static final int[] SPILLS = {1, 700, 2 << 20};

    private final StoreFolder folder;
    private final OracleMachine oracle = new OracleMachine();
    private final ApplyMetrics metrics = new ApplyMetrics(new SimpleMeterRegistry());
    private final List<FedEntries.Fed> log = new ArrayList<>();
    private final List<Event> told = new ArrayList<>();
    /// Another member, that applies each entry by itself, loses nothing and answers nobody: the running hash must not
    /// depend on any of these.
    private final StoreFolder otherFolder;

    private final MvccStore otherStore;
    private final StateMachine other;
    private MvccStore store;
    private StateMachine machine;
    private Collection collection;
    private View held;
    private long heldCompacted;
    private long committedRevision;
    private int opened;

    HistoryRun(Path parent, EngineKind kind) {
        folder = new StoreFolder(parent, kind);
        otherFolder = new StoreFolder(parent.resolve("other"), EngineKind.MEMORY);
        otherStore = new MvccStore(otherFolder.open());
        other = new StateMachine(otherStore);
        open();
    }

    private void open() {
        // Room for some sixty keys and for all in turn: what was written is found, forgotten and looked up again.
        HotKeys hot = new HotKeys(opened % 2 == 0 ? 4 << 10 : 1 << 20);
        // Rows of both forms may lie beside each other: whether values stand beside keys is not asked of the reader.
        int inlineMax = opened % 3 == 1 ? 6 : MvccStore.INLINE_MAX;
        store = new MvccStore(new FlushingEngine(folder.open(), 20), hot, inlineMax);
        // Deletes are written one by one, a few at a time, or all at once.
        machine = new StateMachine(store, SPILLS[opened++ % SPILLS.length]);
        collection = new Collection(store);
        committedRevision = store.state().revision();
    }

    void run(List<HistoryStep> steps) throws IOException {
        for (HistoryStep step : steps) {
            switch (step) {
                case HistoryStep.Apply apply -> apply(apply);
                case HistoryStep.Collect collect -> collection.step(collect.limit());
                case HistoryStep.Check check -> check(check);
                case HistoryStep.Hold _ -> hold();
                case HistoryStep.StoreCounts _ -> store.storeCounts();
                case HistoryStep.Flush _ -> folder.engine().flush();
                case HistoryStep.Reopen _ -> {
                    giveBackHeld();
                    store.close();
                    folder.reopen();
                    open();
                    replay(0);
                }
                case HistoryStep.Crash crash -> crash(crash);
            }
        }
    }

    private void apply(HistoryStep.Apply apply) {
        List<FedEntries.Fed> fed = new ArrayList<>();
        List<List<Outcome<? extends Result>>> expected = new ArrayList<>();
        int events = oracle.store.events().size();
        for (HistoryStep.Entry entry : apply.entries()) {
            List<Outcome<? extends Result>> outcomes = new ArrayList<>();
            for (Command<?> command : entry.commands()) {
                outcomes.add(oracle.apply(command, entry.index()));
            }
            fed.add(new FedEntries.Fed(entry));
            expected.add(outcomes);
        }
        log.addAll(fed);
        told.clear();
        loop(apply.limits()).run(new FedEntries(fed, true));
        for (int i = 0; i < fed.size(); i++) {
            HistoryStep.Entry entry = apply.entries().get(i);
            if (entry.answered()) {
                OutcomeCheck.same(entry.commands(), expected.get(i), fed.get(i).outcomes());
            }
        }
        OutcomeCheck.equal(
                "events told",
                oracle.store.events().subList(events, oracle.store.events().size()),
                told);
        OutcomeCheck.equal("applied index", fed.getLast().entry().index(), machine.appliedIndex());
        List<FedEntries.Fed> again =
                apply.entries().stream().map(FedEntries.Fed::new).toList();
        new ApplyLoop(other, new ChunkLimits(1, 1), NOBODY, metrics).run(new FedEntries(again, false));
        hashesAreEqual();
    }

    private void hashesAreEqual() {
        OutcomeCheck.equal(
                "running hash", otherStore.state().hash(), store.state().hash());
        AppliedHashes.At last = other.hashes().newest().orElseThrow();
        OutcomeCheck.equal(
                "hash behind the last entry",
                OptionalLong.of(last.hash()),
                machine.hashes().after(last.index()));
    }

    private ApplyLoop loop(ChunkLimits limits) {
        return new ApplyLoop(machine, limits, new Told(), metrics);
    }

    private final class Told implements CommitListener {
        private boolean spilled;

        @Override
        public void spilled(List<Event> events) {
            told.addAll(events);
            spilled = true;
            // Nothing of an entry is to be seen before all of it.
            OutcomeCheck.equal(
                    "revision during an entry", committedRevision, store.state().revision());
            store.republish();
            store.storeCounts();
        }

        @Override
        public void committed(List<Event> events, boolean complete, LeaseChunk.Changes leases, long revision) {
            told.addAll(events);
            if (spilled && complete) {
                throw new AssertionError("events of the chunk up to revision " + revision + " were told before");
            }
            spilled = false;
            OutcomeCheck.equal("revision told", store.state().revision(), revision);
            if (revision < committedRevision) {
                throw new AssertionError("the revision went back from " + committedRevision + " to " + revision);
            }
            committedRevision = revision;
            for (Long id : leases.revoked()) {
                OutcomeCheck.equal(
                        "lease " + id + " after its revocation",
                        null,
                        machine.leases().find(id));
            }
            for (Lease lease : leases.granted()) {
                OutcomeCheck.equal(
                        "lease after its grant", lease, machine.leases().find(lease.id()));
            }
        }
    }

    private void crash(HistoryStep.Crash crash) throws IOException {
        Path copy = folder.copyUnflushed();
        giveBackHeld();
        store.close();
        folder.abandonFor(copy);
        open();
        replay(crash.overlap());
    }

    /// What the log holds beyond the applied index arrives again, as after a restart: with nobody waiting.
    private void replay(int overlap) {
        long applied = machine.appliedIndex();
        int from = 0;
        while (from < log.size() && log.get(from).entry().index() <= applied) {
            from++;
        }
        List<FedEntries.Fed> rest = log.subList(Math.max(0, from - overlap), log.size());
        long revision = store.state().revision();
        Unfinished unfinished = store.unfinished();
        told.clear();
        loop(new ChunkLimits(37, 10_000)).run(new FedEntries(rest, false));
        List<Event> again = oracle.store.events().stream()
                .filter(event ->
                        unfinished == null ? event.revision().main() > revision : isNew(event.revision(), unfinished))
                .toList();
        OutcomeCheck.equal("events told at replay", again, told);
        hashesAreEqual();
    }

    private static boolean isNew(Revision revision, Unfinished unfinished) {
        return revision.main() > unfinished.revision() + 1
                || (revision.main() == unfinished.revision() + 1 && revision.sub() >= unfinished.sub());
    }

    private void hold() {
        if (held == null) {
            held = store.view();
            heldCompacted = oracle.store.compacted();
        } else {
            giveBackHeld();
        }
    }

    /// A view shows its own state however much has happened since.
    private void giveBackHeld() {
        if (held != null) {
            try (View view = held) {
                new ViewCheck(view, oracle.store, view.revision(), heldCompacted).wholeStateAtItsRevision();
            }
            held = null;
        }
    }

    private void check(HistoryStep.Check check) {
        try (View view = store.view()) {
            OutcomeCheck.equal("revision", oracle.store.revision(), view.revision());
            OutcomeCheck.equal("compacted revision", oracle.store.compacted(), view.compactedRevision());
            ViewCheck views = new ViewCheck(view, oracle.store, oracle.store.revision(), oracle.store.compacted());
            check.queries().forEach(views::query);
            views.counts();
            views.events(Math.max(check.scanFrom(), oracle.store.compacted()));
            if (check.hashAt() >= 0) {
                views.hash(check.hashAt());
            }
            var leases = new TreeMap<Long, Lease>();
            machine.leases().all().forEach(lease -> leases.put(lease.id(), lease));
            OutcomeCheck.equal("leases", oracle.leases, leases);
            for (Long id : oracle.leases.keySet()) {
                OutcomeCheck.equal("keys of lease " + id, oracle.keysOf(id), Leases.keys(view.reads(), id));
            }
        }
        OutcomeCheck.equal(
                "alarms", List.copyOf(oracle.alarms), machine.alarms().raised());
        var members = new ArrayList<>(oracle.members.values());
        members.sort((a, b) -> Long.compareUnsigned(a.id(), b.id()));
        OutcomeCheck.equal("members", members, machine.members().all());
    }

    @Override
    public void close() {
        if (held != null) {
            held.close();
        }
        store.close();
        folder.close();
        otherStore.close();
        otherFolder.close();
    }
}
