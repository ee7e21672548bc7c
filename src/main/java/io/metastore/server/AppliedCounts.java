package io.metastore.server;

import io.metastore.value.Event;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/// What was applied since the start, counted on every member (MET-13). Fed on the apply thread.
public final class AppliedCounts {
    private final LongAdder puts = new LongAdder();
    private final LongAdder deletes = new LongAdder();
    private final LongAdder txns = new LongAdder();
    private final LongAdder putBytes = new LongAdder();

    /// Of the change counted last, and how many there were of it so far: they may come in several parts.
    private long revision;

    private long changes;

    /// Counts changes, in their order. Changes of one revision belong to one transaction.
    public void committed(List<Event> events) {
        for (Event event : events) {
            switch (event) {
                case Event.Put put -> {
                    puts.increment();
                    putBytes.add(
                            put.key().length() + (long) put.keyValue().value().length());
                }
                case Event.Delete _ -> deletes.increment();
            }
            changes = event.revision().main() == revision ? changes + 1 : 1;
            revision = event.revision().main();
            if (changes == 2) {
                txns.increment();
            }
        }
    }

    public long puts() {
        return puts.sum();
    }

    public long deletes() {
        return deletes.sum();
    }

    /// Revisions that changed more than once.
    public long txns() {
        return txns.sum();
    }

    /// Bytes of keys and values put.
    public long putBytes() {
        return putBytes.sum();
    }
}
