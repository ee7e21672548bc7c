package io.metastore.watch;

import java.util.concurrent.atomic.LongAdder;

/// Figures of the hub, kept as they change. Reading them costs nothing that matters.
public final class WatchCounts {
    final LongAdder streams = new LongAdder();
    final LongAdder watchers = new LongAdder();
    final LongAdder slowWatchers = new LongAdder();
    final LongAdder pendingEvents = new LongAdder();
    final LongAdder events = new LongAdder();
    final LongAdder skips = new LongAdder();
    final LongAdder scans = new LongAdder();
    final LongAdder scannedEvents = new LongAdder();

    WatchCounts() {}

    /// Open streams.
    public long streams() {
        return streams.sum();
    }

    /// Watchers that a client created and nobody cancelled.
    public long watchers() {
        return watchers.sum();
    }

    /// Watchers that read history because they started in the past or their client is slow.
    public long slowWatchers() {
        return slowWatchers.sum();
    }

    /// Events that wait for a client to read.
    public long pendingEvents() {
        return pendingEvents.sum();
    }

    /// Events handed to the transport so far.
    public long events() {
        return events.sum();
    }

    /// Times the hub fell so far behind the apply thread that all watchers had to read history.
    public long skips() {
        return skips.sum();
    }

    /// Scans of history so far.
    public long scans() {
        return scans.sum();
    }

    /// Events read in scans of history so far.
    public long scannedEvents() {
        return scannedEvents.sum();
    }
}
