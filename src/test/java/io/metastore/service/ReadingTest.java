package io.metastore.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.metastore.consensus.FakeConsensus;
import io.metastore.consensus.ReadBarrier;
import io.metastore.consensus.Unavailable;
import io.metastore.engine.NotInMemory;
import io.metastore.mvcc.Chunk;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.StoreFolder;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
    private final FakeConsensus rounds = new FakeConsensus();
    private Reading reading;

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
        assertEquals(1, rounds.barriers.size());
        rounds.barriers.remove().passed();
        assertEquals(2, seen.get());
    }

    @Test
    void aLinearizableReadWhoseRoundFailsReadsNothing() {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        reading.linearizable(View::revision).subscribe().with(_ -> {}, failure::set);
        rounds.barriers.remove().failed(new Unavailable.Stopping());
        assertInstanceOf(Unavailable.Stopping.class, failure.get());
    }

    @Test
    void aReadThatWouldWaitForTheDiskGoesOnWhereItMay() {
        AtomicReference<Long> seen = new AtomicReference<>();
        reading.<Long>serializable(
                        _ -> {
                            throw NotInMemory.INSTANCE;
                        },
                        View::revision)
                .subscribe()
                .with(seen::set);
        assertEquals(1, seen.get());
        assertEquals(0, rounds.barriers.size());
    }

    @Test
    void aSerializableReadAsksNobody() {
        put(1);
        AtomicReference<Long> seen = new AtomicReference<>();
        reading.serializable(View::revision, View::revision).subscribe().with(seen::set);
        assertEquals(2, seen.get());
        reading.local(view -> view.revision() + 1).subscribe().with(seen::set);
        assertEquals(3, seen.get());
        assertEquals(0, rounds.barriers.size());
    }
}
