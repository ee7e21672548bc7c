package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import io.metastore.consensus.log.Entry;
import io.metastore.engine.DiskSpace;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.ApplyMetrics;
import io.metastore.machine.ChunkLimits;
import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.EntryCodec;
import io.metastore.machine.Outcome;
import io.metastore.machine.ProposedBatch;
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
    private static final ByteBuffer DATA = EntryCodec.encode(List.of(CommandCodec.encode(PUT)), true);

    @TempDir
    private Path folder;

    private static final class Caller implements Closure, ProposedBatch {
        private Status failed;
        private List<Outcome<? extends Result>> outcomes;

        @Override
        public void run(Status status) {
            failed = status;
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

    /// Entries 5 and 6 of term 2, each with a caller.
    private static final class TwoEntries implements Iterator {
        private final List<Caller> callers = List.of(new Caller(), new Caller());
        private int at;

        @Override
        public boolean hasNext() {
            return at < callers.size();
        }

        @Override
        public ByteBuffer next() {
            at++;
            return hasNext() ? DATA : null;
        }

        @Override
        public ByteBuffer getData() {
            return DATA;
        }

        @Override
        public long getIndex() {
            return 5 + at;
        }

        @Override
        public long getTerm() {
            return 2;
        }

        @Override
        public Closure done() {
            return callers.get(at);
        }

        @Override
        public boolean commit() {
            return true;
        }

        @Override
        public void commitAndSnapshotSync(Closure done) {
            throw new UnsupportedOperationException("not asked for by the adapter");
        }

        @Override
        public void setAutoCommitPerLog(boolean status) {
            throw new UnsupportedOperationException("not asked for by the adapter");
        }

        @Override
        public void setErrorAndRollback(long ntail, Status status) {
            throw new AssertionError("nothing is rolled back: " + status);
        }
    }

    @Test
    void theCallerOfASkippedEntryHearsThatThereIsNoAnswer() {
        StoreFolder state = new StoreFolder(folder.resolve("state"));
        List<String> faults = new ArrayList<>();
        List<Integer> events = new ArrayList<>();
        TwoEntries entries = new TwoEntries();
        Replicas.States none = (captured, _) -> {
            throw new AssertionError(captured + " is not to be installed");
        };
        try (Replicas replicas = new Replicas(state.open(), none, Runnable::run)) {
            Function<StateMachine, ApplyLoop> loops = machine -> new ApplyLoop(
                    machine,
                    new ChunkLimits(1, 1 << 20),
                    (changes, _, _, _) -> events.add(changes.size()),
                    new ApplyMetrics(new SimpleMeterRegistry()));
            int checksum = new Entry(2, Entry.Kind.COMMANDS, DATA).checksum();
            ApplyAdapter adapter = new ApplyAdapter(
                    loops,
                    replicas,
                    _ -> {},
                    (what, cause) -> faults.add(what + ": " + cause),
                    new SnapshotTrigger(1 << 20, 0, () -> {}),
                    new RaftSettings("group", "a:1", 1, folder.resolve("raft"), 300, 100, 1 << 20, 0, true),
                    _ -> {},
                    new DiskMetrics(),
                    DiskSpace.unbounded(),
                    SkippedEntries.read(folder).with(new SkippedEntry(5, 2, checksum, "")),
                    Runnable::run);
            adapter.onApply(entries);
            assertEquals(List.of(), faults);
            assertEquals(6, replicas.state().appliedIndex());
            assertEquals(2, replicas.state().revision(), "one put");
        }
        assertEquals(1, events.stream().mapToInt(Integer::intValue).sum());
        Caller skipped = entries.callers.get(0);
        assertFalse(skipped.failed.isOk());
        assertNull(skipped.outcomes);
        Caller applied = entries.callers.get(1);
        assertNull(applied.failed);
        assertEquals(1, applied.outcomes.size());
    }
}
