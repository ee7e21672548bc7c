package io.metastore.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.Capture;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import io.metastore.engine.RowSource;
import io.metastore.machine.Replicas;
import io.metastore.mvcc.Chunk;
import io.metastore.mvcc.MvccStore;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Watchers go on over a snapshot that takes the place of the state: what happened between the two they get from its
/// history.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ReplacedHistoryTest {
    @TempDir
    private Path folder;

    private int opened;

    private static Commit put(MvccStore store, long index) {
        Chunk chunk = store.begin();
        chunk.startRequest();
        chunk.put(Bytes.utf8("key-" + index % 7), Bytes.utf8("value " + index), 0);
        chunk.endRequest();
        Commit commit = new Commit(chunk.events(), chunk.revision());
        store.commit(chunk, index, 1);
        return commit;
    }

    private Engine open(Path captured, long applied) {
        Engine engine = EngineKind.ROCKSDB.open(folder.resolve("own-" + ++opened));
        try (RowSource rows = EngineKind.rows(captured)) {
            engine.restore(rows);
        }
        return engine;
    }

    private static List<Long> revisions(List<Delivery> all) {
        List<Long> revisions = new ArrayList<>();
        for (Delivery delivery : all) {
            if (delivery instanceof Delivery.Events events) {
                events.batch()
                        .events()
                        .forEach(watched ->
                                revisions.add(watched.event().revision().main()));
            }
        }
        return revisions;
    }

    @Test
    void noEventIsMissedOrToldTwice() {
        try (Engine leaders = EngineKind.ROCKSDB.open(folder.resolve("leader"));
                MvccStore leader = new MvccStore(leaders);
                Replicas replicas =
                        new Replicas(EngineKind.ROCKSDB.open(folder.resolve("own-0")), this::open, Runnable::run);
                WatchHub hub = new WatchHub(replicas, WatchLimits.defaults())) {
            hub.start();
            RecordingSink sink = new RecordingSink(RecordingSink.UNLIMITED);
            WatchSession session = hub.open(sink);
            session.create(WatchSpec.of(KeyRange.ALL, 0));
            // One that is behind when the state changes, since its client does not read.
            RecordingSink slow = new RecordingSink(1);
            WatchSession stalled = hub.open(slow);
            stalled.create(WatchSpec.of(KeyRange.ALL, 2));
            sink.awaitDone(1);
            slow.awaitDone(1);
            long index = 0;
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 20; i++) {
                    index++;
                    put(leader, index);
                    hub.publish(put(replicas.get().store(), index));
                }
                for (int i = 0; i < 30; i++) {
                    put(leader, ++index);
                }
                Path snapshot = folder.resolve("snapshot-" + round);
                try (Capture capture = leaders.capture()) {
                    capture.writeTo(snapshot);
                }
                replicas.install(snapshot, index);
                hub.resetTo(replicas.state().revision());
            }
            index++;
            hub.publish(put(replicas.get().store(), index));
            long last = replicas.state().revision();
            assertEquals(202, last);
            List<Long> every = LongStream.rangeClosed(2, last).boxed().toList();
            List<Delivery> told = sink.await(all -> revisions(all).size() >= every.size(), "all events");
            assertEquals(every, revisions(told));
            assertTrue(revisions(slow.deliveries()).size() < every.size());
            slow.grant(stalled, RecordingSink.UNLIMITED);
            assertEquals(every, revisions(slow.await(all -> revisions(all).size() >= every.size(), "all events")));
        }
    }
}
