package io.metastore.watch;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/// The hub's figures as metrics, under etcd's names where it has one.
public final class WatchMetrics {
    private WatchMetrics() {}

    public static void bind(WatchCounts counts, MeterRegistry registry) {
        gauge(registry, counts, "etcd_debugging_mvcc_watch_stream_total", "Open watch streams.", WatchCounts::streams);
        gauge(registry, counts, "etcd_debugging_mvcc_watcher_total", "Watchers.", WatchCounts::watchers);
        gauge(
                registry,
                counts,
                "etcd_debugging_mvcc_slow_watcher_total",
                "Watchers that read history because they start in the past or their client is slow.",
                WatchCounts::slowWatchers);
        gauge(
                registry,
                counts,
                "etcd_debugging_mvcc_pending_events_total",
                "Events that wait for a client to read.",
                WatchCounts::pendingEvents);
        counter(
                registry,
                counts,
                "etcd_debugging_mvcc_events_total",
                "Events handed to the transport.",
                WatchCounts::events);
        counter(
                registry,
                counts,
                "metastore_watch_skips",
                "Times the hub was too far behind the store, so that all watchers read history.",
                WatchCounts::skips);
        counter(registry, counts, "metastore_watch_scans", "Scans of history.", WatchCounts::scans);
        counter(
                registry,
                counts,
                "metastore_watch_scanned_events",
                "Events read in scans of history.",
                WatchCounts::scannedEvents);
    }

    private static void gauge(
            MeterRegistry registry,
            WatchCounts counts,
            String name,
            String description,
            ToDoubleFunction<WatchCounts> value) {
        Gauge.builder(name, counts, value).description(description).register(registry);
    }

    private static void counter(
            MeterRegistry registry,
            WatchCounts counts,
            String name,
            String description,
            ToDoubleFunction<WatchCounts> value) {
        FunctionCounter.builder(name, counts, value).description(description).register(registry);
    }
}
