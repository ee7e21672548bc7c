package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.consensus.Consensus;
import io.metastore.consensus.Origins;
import io.metastore.consensus.Unavailable;
import io.metastore.consensus.log.Entry;
import io.metastore.engine.DiskSpace;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.ApplyMetrics;
import io.metastore.machine.ChunkLimits;
import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.Outcome;
import io.metastore.machine.Replicas;
import io.metastore.machine.Result;
import io.metastore.machine.StateMachine;
import io.metastore.mvcc.StoreFolder;
import io.metastore.value.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whoever waits for an entry that is skipped hears that there is no answer, never that it was done.
class SkippedEntryCallerTest {
    private static final Command.Put PUT =
            new Command.Put(Bytes.utf8("key"), Bytes.utf8("value"), 0, false, false, false);

    @TempDir
    private Path folder;

    private static final class Caller implements Consensus.Pending {
        private Unavailable failed;
        private List<Outcome<? extends Result>> outcomes;

        @Override
        public void failed(Unavailable reason) {
            failed = reason;
        }

        @Override
        public List<? extends Command<?>> commands() {
            return List.of(PUT);
        }

        @Override
        public void complete(List<Outcome<? extends Result>> all) {
            outcomes = all;
        }
    }

    @Test
    void theCallerOfASkippedEntryHearsThatThereIsNoAnswer() {
        StoreFolder state = new StoreFolder(folder.resolve("state"));
        List<String> faults = new ArrayList<>();
        List<Integer> events = new ArrayList<>();
        Origins origins = new Origins(1, 9);
        List<Caller> callers = List.of(new Caller(), new Caller());
        List<ByteBuffer> proposed = callers.stream()
                .map(caller -> origins.register(List.of(CommandCodec.encode(PUT)), caller)
                        .bytes())
                .toList();
        ScriptedEntries entries = new ScriptedEntries(5, 2, proposed);
        Replicas.States none = (captured, _) -> {
            throw new AssertionError(captured + " is not to be installed");
        };
        try (Replicas replicas = new Replicas(state.open(), none, Runnable::run)) {
            Function<StateMachine, ApplyLoop> loops = machine -> new ApplyLoop(
                    machine,
                    new ChunkLimits(1, 1 << 20),
                    (changes, _, _, _) -> events.add(changes.size()),
                    new ApplyMetrics(new SimpleMeterRegistry()));
            int checksum = new Entry(2, Entry.Kind.COMMANDS, proposed.getFirst()).checksum();
            ApplyAdapter adapter = new ApplyAdapter(
                    loops,
                    replicas,
                    _ -> {},
                    (what, cause) -> faults.add(what + ": " + cause),
                    new SnapshotTrigger(1 << 20, 0, () -> {}, 1 << 20, () -> false),
                    new RaftSettings("group", 1, List.of(1L), folder.resolve("raft"), 300, 100, 1 << 20, 0, 1 << 20),
                    _ -> {},
                    new DiskMetrics(),
                    DiskSpace.unbounded(),
                    SkippedEntries.read(folder).with(new SkippedEntry(5, 2, checksum, "")),
                    origins,
                    _ -> {},
                    Runnable::run);
            adapter.onApply(entries);
            assertEquals(List.of(), faults);
            assertEquals(6, replicas.state().appliedIndex());
            assertEquals(2, replicas.state().revision(), "one put");
        }
        assertEquals(1, events.stream().mapToInt(Integer::intValue).sum());
        Caller skipped = callers.get(0);
        assertTrue(skipped.failed.mayHaveApplied());
        assertNull(skipped.outcomes);
        Caller applied = callers.get(1);
        assertNull(applied.failed);
        assertEquals(1, applied.outcomes.size());
    }
}
