package io.metastore.watch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;

@SuppressWarnings("deprecation")
class WatchMetricsTest {
    @Test
    void isScrapedUnderEtcdsNames() {
        WatchCounts counts = new WatchCounts();
        counts.watchers.add(3);
        counts.events.add(7);
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        WatchMetrics.bind(counts, registry);
        String page = registry.scrape();
        assertTrue(page.contains("etcd_debugging_mvcc_watcher_total 3.0"), page);
        assertTrue(page.contains("etcd_debugging_mvcc_events_total 7.0"), page);
        assertTrue(page.contains("etcd_debugging_mvcc_slow_watcher_total 0.0"), page);
        assertTrue(page.contains("etcd_debugging_mvcc_pending_events_total 0.0"), page);
        assertTrue(page.contains("etcd_debugging_mvcc_watch_stream_total 0.0"), page);
    }
}
