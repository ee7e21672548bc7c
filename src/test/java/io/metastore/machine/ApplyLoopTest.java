package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.Cursor;
import io.metastore.engine.Engine;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.lease.LeaseChunk;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.StoreFolder;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplyLoopTest {
    private static final ChunkLimits LARGE = new ChunkLimits(1000, 1 << 20);

    @TempDir
    private Path parent;

    private final ApplyMetrics metrics = new ApplyMetrics(new SimpleMeterRegistry());
    private final List<String> order = new ArrayList<>();
    private StoreFolder folder;
    private MvccStore store;
    private StateMachine machine;

    @BeforeEach
    void open() {
        folder = new StoreFolder(parent.resolve("own"));
        store = new MvccStore(folder.open());
        machine = new StateMachine(store);
    }

    @AfterEach
    void close() {
        store.close();
        folder.close();
    }

    private ApplyLoop loop(ChunkLimits limits) {
        return new ApplyLoop(
                machine,
                limits,
                (events, _, _, revision) -> order.add("told " + events.size() + " at " + revision + " of "
                        + store.state().appliedIndex()),
                metrics);
    }

    private static FedEntries.Fed entry(long index, boolean answered, int puts) {
        List<Command<?>> commands = new ArrayList<>();
        for (int i = 0; i < puts; i++) {
            Bytes key = Bytes.utf8("key-" + index + "-" + i);
            commands.add(new Command.Put(key, Bytes.utf8("value"), 0, false, false, false));
        }
        return new FedEntries.Fed(new HistoryStep.Entry(index, commands, answered, true));
    }

    /// An entry that halted the member in its middle and is marked to be skipped since.
    @Test
    void whatIsAppliedInPartIsNotSkippedInSilence() {
        loop(LARGE).run(new FedEntries(List.of(entry(1, false, 3)), false));
        Command<?> all = new Command.DeleteRange(KeyRange.ALL, false);
        FedEntries.Fed wide = new FedEntries.Fed(new HistoryStep.Entry(2, List.of(all), false, true));
        CommitListener halting = new CommitListener() {
            private int parts;

            @Override
            public void committed(List<Event> events, boolean complete, LeaseChunk.Changes leases, long revision) {}

            @Override
            public void spilled(List<Event> events) {
                if (++parts == 2) {
                    throw new IllegalStateException("halted");
                }
            }
        };
        ApplyLoop first = new ApplyLoop(new StateMachine(store, 1), LARGE, halting, metrics);
        assertThrows(IllegalStateException.class, () -> first.run(new FedEntries(List.of(wide), false)));
        try (MvccStore again = new MvccStore(folder.engine())) {
            assertEquals(1, again.state().appliedIndex());
            FedEntries.Fed nothing = new FedEntries.Fed(new HistoryStep.Entry(2, List.of(), false, true));
            ApplyLoop skipping = new ApplyLoop(new StateMachine(again), LARGE, halting, metrics);
            IllegalStateException refused = assertThrows(
                    IllegalStateException.class, () -> skipping.run(new FedEntries(List.of(nothing), false)));
            assertTrue(refused.getMessage().contains("entry 2 is skipped"), refused.getMessage());
            new ApplyLoop(new StateMachine(again), LARGE, halting, metrics).run(new FedEntries(List.of(wide), false));
            assertEquals(2, again.state().appliedIndex());
            try (View view = again.view()) {
                assertEquals(0, view.keys());
            }
        }
    }

    @Test
    void entriesThatTheStateHoldsAreSkipped() {
        List<FedEntries.Fed> entries = List.of(entry(1, false, 2), entry(2, false, 1), entry(5, false, 1));
        loop(LARGE).run(new FedEntries(entries, true));
        assertEquals(5, store.state().revision());
        FedEntries again = new FedEntries(entries, true);
        loop(LARGE).run(again);
        assertEquals(5, store.state().revision());
        assertEquals(2, again.appliedPosition());
        assertEquals(List.of("told 4 at 5 of 5"), order);
    }

    @Test
    void anOwnProposalThatTheStateAlreadyHoldsIsAFault() {
        loop(LARGE).run(new FedEntries(List.of(entry(1, false, 1), entry(2, false, 1)), true));
        FedEntries.Fed own = entry(2, true, 1);
        assertThrows(IllegalStateException.class, () -> loop(LARGE).run(new FedEntries(List.of(own), true)));
        assertNull(own.outcomes());
    }

    @Test
    void aMalformedEntryIsAFaultAndLeavesTheStateAsItWas() {
        loop(LARGE).run(new FedEntries(List.of(entry(1, false, 1)), true));
        CommittedEntries bad = new CommittedEntries() {
            private boolean given;

            @Override
            public boolean next() {
                boolean first = !given;
                given = true;
                return first;
            }

            @Override
            public long index() {
                return 2;
            }

            @Override
            public long term() {
                return 1;
            }

            @Override
            public ByteBuffer data() {
                return ByteBuffer.wrap(new byte[] {9, 9});
            }

            @Override
            public ProposedBatch proposed() {
                return null;
            }

            @Override
            public void applied() {
                throw new AssertionError("it was not applied");
            }
        };
        assertThrows(MalformedEntry.class, () -> loop(LARGE).run(bad));
        assertEquals(1, store.state().appliedIndex());
    }

    /// Chunks are cut behind the entry that fills them, and an answer comes only once its chunk is written and
    /// published.
    @Test
    void chunksAreCutAtEntriesAndAnsweredWhenPublished() {
        List<FedEntries.Fed> entries = new ArrayList<>();
        for (int index = 1; index <= 7; index++) {
            entries.add(entry(index, true, 2));
        }
        FedEntries fed = new FedEntries(entries, true) {
            @Override
            public void applied() {
                super.applied();
                order.add("applied " + index());
                assertNotNull(entries.get((int) index() - 1).outcomes());
            }
        };
        loop(new ChunkLimits(4, 1 << 20)).run(fed);
        assertEquals(
                List.of(
                        "told 4 at 5 of 2",
                        "applied 2",
                        "told 4 at 9 of 4",
                        "applied 4",
                        "told 4 at 13 of 6",
                        "applied 6",
                        "told 2 at 15 of 7"),
                order);
        entries.forEach(entry -> assertEquals(2, entry.outcomes().size()));
        order.clear();
        loop(new ChunkLimits(1000, 1)).run(new FedEntries(List.of(entry(8, true, 1), entry(9, true, 1)), true));
        assertEquals(List.of("told 1 at 16 of 8", "told 1 at 17 of 9"), order);
    }

    @Test
    void nobodyIsAnsweredBeforeTheChunkIsWrittenAndPublished() {
        FedEntries.Fed entry = entry(1, true, 1);
        ApplyLoop loop = new ApplyLoop(
                machine,
                LARGE,
                (_, _, _, _) -> order.add(entry.outcomes() == null ? "not yet answered" : "answered"),
                metrics);
        loop.run(new FedEntries(List.of(entry), true));
        assertEquals(List.of("not yet answered"), order);
        assertNotNull(entry.outcomes());
    }

    /// Another member, with other chunks and nobody waiting, ends with the same rows.
    @Test
    void equalEntriesMakeEqualTables() {
        try (StoreFolder otherFolder = new StoreFolder(parent.resolve("other"))) {
            MvccStore otherStore = new MvccStore(otherFolder.open());
            StateMachine other = new StateMachine(otherStore);
            List<FedEntries.Fed> all = new ArrayList<>();
            for (HistoryStep step : new HistoryGenerator(77, true).steps(5000)) {
                if (step instanceof HistoryStep.Apply apply) {
                    List<FedEntries.Fed> entries =
                            apply.entries().stream().map(FedEntries.Fed::new).toList();
                    loop(apply.limits()).run(new FedEntries(entries, true));
                    all.addAll(entries);
                }
            }
            new ApplyLoop(other, new ChunkLimits(700, 1 << 20), (_, _, _, _) -> {}, metrics)
                    .run(new FedEntries(all, false));
            for (Table table : Table.values()) {
                assertEquals(rows(folder.engine(), table), rows(otherFolder.engine(), table), table.name());
            }
            otherStore.close();
        }
    }

    private static List<String> rows(Engine engine, Table table) {
        List<String> rows = new ArrayList<>();
        HexFormat hex = HexFormat.of();
        try (Snapshot now = engine.snapshot();
                Cursor cursor = now.cursor(table, new byte[0], null)) {
            while (cursor.next()) {
                rows.add(hex.formatHex(cursor.key()) + " " + hex.formatHex(cursor.value()));
            }
        }
        return rows;
    }
}
