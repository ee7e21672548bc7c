package io.metastore.machine;

import io.metastore.engine.Engine;
import io.metastore.engine.MeasuredEngine;
import io.metastore.engine.MeasuredFolder;
import io.metastore.mvcc.MvccStore;
import io.metastore.value.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Applies commands to a store as consensus would have them applied, without consensus: each call is an entry
/// that somebody here waits for, and a chunk of its own, written and published when the call returns.
public final class MeasuredStore implements AutoCloseable {
    private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

    private final MeasuredFolder folder;
    private final Engine engine;
    private final MvccStore store;
    private final ApplyLoop loop;
    private final OneEntry entry = new OneEntry();

    public MeasuredStore(MeasuredEngine kind) throws IOException {
        folder = MeasuredFolder.fresh();
        engine = kind.open(folder.path().resolve("state"));
        store = new MvccStore(engine);
        loop = new ApplyLoop(
                new StateMachine(store),
                new ChunkLimits(1000, 4 << 20),
                (_, _, _, _) -> {},
                new ApplyMetrics(new SimpleMeterRegistry()));
    }

    public MvccStore store() {
        return store;
    }

    public Engine engine() {
        return engine;
    }

    /// Applies `commands` as one entry.
    ///
    /// @return one outcome per command
    public List<Outcome<? extends Result>> apply(List<? extends Command<?>> commands) {
        entry.commands = commands;
        entry.given = false;
        loop.run(entry);
        return entry.outcomes;
    }

    /// Applies commands that must succeed.
    public void applied(List<? extends Command<?>> commands) {
        for (Outcome<? extends Result> outcome : apply(commands)) {
            if (!(outcome instanceof Outcome.Done<?>)) {
                throw new AssertionError("refused: " + outcome);
            }
        }
    }

    public static Command.Put put(Bytes key, Bytes value) {
        return new Command.Put(key, value, 0, false, false, false);
    }

    /// Puts each of `keys` once, a thousand in an entry.
    public void fill(List<Bytes> keys, Bytes value) {
        List<Command<?>> puts = new ArrayList<>();
        for (Bytes key : keys) {
            puts.add(put(key, value));
            if (puts.size() == 1000) {
                applied(puts);
                puts.clear();
            }
        }
        if (!puts.isEmpty()) {
            applied(puts);
        }
    }

    /// Hands one entry after the other to the apply loop; one object for all of them, so that what it allocates
    /// is not counted with what applying does.
    private static final class OneEntry implements CommittedEntries, ProposedBatch {
        private List<? extends Command<?>> commands;
        private List<Outcome<? extends Result>> outcomes;
        private boolean given;
        private long index;

        @Override
        public boolean next() {
            if (given) {
                return false;
            }
            given = true;
            index++;
            return true;
        }

        @Override
        public long index() {
            return index;
        }

        @Override
        public long term() {
            return 1;
        }

        @Override
        public ByteBuffer data() {
            return NO_DATA;
        }

        @Override
        public ProposedBatch proposed() {
            return this;
        }

        @Override
        public void applied() {}

        @Override
        public List<? extends Command<?>> commands() {
            return commands;
        }

        @Override
        public void complete(List<Outcome<? extends Result>> all) {
            outcomes = all;
        }
    }

    @Override
    public void close() throws IOException {
        store.close();
        engine.close();
        folder.close();
    }
}
