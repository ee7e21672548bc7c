package io.metastore.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.metastore.consensus.Consensus;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.ReadBarrier;
import io.metastore.consensus.Unavailable;
import io.metastore.mvcc.Chunk;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.StoreFolder;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which reads wait for the barrier, and which state they read.
class ReadingTest {
    @TempDir
    private Path temp;

    private StoreFolder folder;
    private MvccStore store;
    private final Rounds rounds = new Rounds();
    private Reading reading;

    /// Consensus whose rounds end when the test says so.
    private static final class Rounds implements Consensus {
        private final Queue<BarrierCaller> open = new ArrayDeque<>();

        @Override
        public void barrier(BarrierCaller caller) {
            open.add(caller);
        }

        @Override
        public void propose(ByteBuffer entry, Pending pending) {
            throw new UnsupportedOperationException("reads do not propose");
        }

        @Override
        public Leadership leadership() {
            return new Leadership(1, 1, true, 1);
        }

        @Override
        public long committedIndex() {
            return 0;
        }

        @Override
        public long appliedIndex() {
            return 0;
        }
    }

    @BeforeEach
    void open() {
        folder = new StoreFolder(temp.resolve("state"));
        store = new MvccStore(folder.open());
        reading = new Reading(store, new ReadBarrier(rounds, Runnable::run), Runnable::run, fault -> {
            throw new AssertionError(fault);
        });
    }

    @AfterEach
    void close() {
        store.close();
        folder.close();
    }

    private void put(long index) {
        Chunk chunk = store.begin();
        chunk.startRequest();
        chunk.put(Bytes.wrap("k".getBytes(StandardCharsets.US_ASCII)), Bytes.EMPTY, 0);
        chunk.endRequest();
        store.commit(chunk, index, 1);
    }

    @Test
    void aLinearizableReadWaitsForItsRoundAndReadsWhatIsThereThen() {
        AtomicReference<Long> seen = new AtomicReference<>();
        reading.linearizable(View::revision).subscribe().with(seen::set);
        put(1);
        assertNull(seen.get(), "it did not wait for the barrier");
        assertEquals(1, rounds.open.size());
        rounds.open.remove().passed();
        assertEquals(2, seen.get());
    }

    @Test
    void aLinearizableReadWhoseRoundFailsReadsNothing() {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        reading.linearizable(View::revision).subscribe().with(_ -> {}, failure::set);
        rounds.open.remove().failed(new Unavailable.NoLeader());
        assertInstanceOf(Unavailable.NoLeader.class, failure.get());
    }

    @Test
    void aSerializableReadAsksNobody() {
        put(1);
        AtomicReference<Long> seen = new AtomicReference<>();
        reading.serializable(View::revision, View::revision).subscribe().with(seen::set);
        assertEquals(2, seen.get());
        reading.local(view -> view.revision() + 1).subscribe().with(seen::set);
        assertEquals(3, seen.get());
        assertEquals(0, rounds.open.size());
    }
}
