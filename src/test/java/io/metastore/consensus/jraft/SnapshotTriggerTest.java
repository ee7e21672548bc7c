package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.machine.FormerEntries;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SnapshotTriggerTest {
    private final AtomicInteger due = new AtomicInteger();
    private boolean held;

    private static ByteBuffer entry(int commands) {
        return FormerEntries.encode(Collections.nCopies(commands, new byte[10]), true);
    }

    private int dueAfter(SnapshotTrigger trigger, int entries, ByteBuffer entry) {
        for (int i = 0; i < entries; i++) {
            trigger.entry(entry);
        }
        return due.get();
    }

    @Test
    void countsTheCommandsOfABatchAndNotItsEntry() {
        SnapshotTrigger trigger =
                new SnapshotTrigger(Long.MAX_VALUE, 100, due::incrementAndGet, Long.MAX_VALUE, () -> held);
        assertEquals(0, dueAfter(trigger, 9, entry(10)));
        assertEquals(1, dueAfter(trigger, 1, entry(10)));
        // Counting begins again behind a snapshot.
        assertEquals(1, dueAfter(trigger, 9, entry(10)));
        assertEquals(2, dueAfter(trigger, 1, entry(50)));
    }

    @Test
    void countsEntriesOfOneCommand() {
        ByteBuffer single = FormerEntries.encode(Collections.nCopies(1, new byte[10]), false);
        SnapshotTrigger trigger =
                new SnapshotTrigger(Long.MAX_VALUE, 3, due::incrementAndGet, Long.MAX_VALUE, () -> held);
        assertEquals(0, dueAfter(trigger, 2, single));
        assertEquals(1, dueAfter(trigger, 1, single));
    }

    @Test
    void countsBytesAlone() {
        ByteBuffer entry = entry(10);
        SnapshotTrigger trigger =
                new SnapshotTrigger(entry.remaining() * 4L, 0, due::incrementAndGet, Long.MAX_VALUE, () -> held);
        assertEquals(0, dueAfter(trigger, 3, entry));
        assertEquals(1, dueAfter(trigger, 1, entry));
    }

    @Test
    void waitsWhileAFollowerNeedsTheLog() {
        ByteBuffer entry = entry(10);
        SnapshotTrigger trigger = new SnapshotTrigger(
                entry.remaining() * 4L, 0, due::incrementAndGet, entry.remaining() * 40L, () -> held);
        held = true;
        assertEquals(0, dueAfter(trigger, 20, entry));
        held = false;
        assertEquals(1, dueAfter(trigger, 1, entry));
    }

    @Test
    void waitsForNoMoreLogThanItMay() {
        ByteBuffer entry = entry(10);
        SnapshotTrigger trigger = new SnapshotTrigger(
                entry.remaining() * 4L, 0, due::incrementAndGet, entry.remaining() * 40L, () -> held);
        held = true;
        assertEquals(0, dueAfter(trigger, 39, entry));
        assertEquals(1, dueAfter(trigger, 1, entry));
    }
}
