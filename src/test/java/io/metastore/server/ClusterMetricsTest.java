package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.consensus.jraft.SnapshotCounts;
import io.metastore.consensus.peer.PeerMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What members count of each other, against the table of etcd's metrics.
class ClusterMetricsTest {
    private final TextFamilies families = new TextFamilies();
    private final ClusterMetrics metrics = new ClusterMetrics(families);
    private final PeerMetrics peers = new PeerMetrics();
    private final Map<Long, SnapshotCounts> snapshots = new HashMap<>();

    ClusterMetricsTest() {
        metrics.bindPeers("1", peers);
        metrics.bindSnapshots("send", "To", "sent to", () -> new HashMap<>(snapshots));
        metrics.bindSnapshots("receive", "From", "received from", () -> new HashMap<>(snapshots));
    }

    private ScrapedPage page() {
        StringBuilder text = new StringBuilder();
        families.appendTo(text);
        return new ScrapedPage(text.toString());
    }

    @Test
    void namesTypesLabelsAndBoundsAreEtcds() throws IOException {
        peers.of(0xab).roundTrip(1);
        snapshots.put(0xabL, new SnapshotCounts());
        snapshots.get(0xabL).begun();
        ScrapedPage page = page();
        List<String> compared = new ArrayList<>();
        List<String> complaints = new ArrayList<>();
        for (String[] row : EtcdMetricsTableTest.rows("/etcd-metrics.tsv")) {
            if (families.names().contains(row[0])) {
                compared.add(row[0]);
                EtcdMetricsTableTest.compare(page, row, complaints);
            }
        }
        assertEquals("", String.join("\n", complaints));
        assertEquals(families.names().size(), compared.size(), () -> "only etcd's: " + families.names());
        assertEquals(15, compared.size());
    }

    @Test
    void eachCountHasItsPlace() {
        PeerMetrics.Counts counts = peers.of(0xab);
        counts.connected();
        counts.disconnected();
        counts.connected();
        counts.sent(10);
        counts.received(20);
        counts.received(1);
        counts.notSent();
        counts.notSent();
        counts.notTaken();
        counts.roundTrip(300_000);
        peers.of(0xc).disconnected();

        ScrapedPage page = page();
        Map<String, String> pair = Map.of("Local", "1", "Remote", "ab");
        Map<String, String> to = Map.of("To", "ab");
        Map<String, String> from = Map.of("From", "ab");
        assertEquals(1, page.value("etcd_network_active_peers", pair));
        assertEquals(0, page.value("etcd_network_active_peers", Map.of("Local", "1", "Remote", "c")));
        assertEquals(1, page.value("etcd_network_disconnected_peers_total", pair));
        assertEquals(10, page.value("etcd_network_peer_sent_bytes_total", to));
        assertEquals(21, page.value("etcd_network_peer_received_bytes_total", from));
        assertEquals(2, page.value("etcd_network_peer_sent_failures_total", to));
        assertEquals(1, page.value("etcd_network_peer_received_failures_total", from));
        String bucket = "etcd_network_peer_round_trip_time_seconds_bucket";
        assertEquals(0, page.value(bucket, Map.of("To", "ab", "le", "0.0002")));
        assertEquals(1, page.value(bucket, Map.of("To", "ab", "le", "0.0004")));
    }

    @Test
    void snapshotsAreToldOnceThereWasOne() {
        snapshots.put(0xabL, new SnapshotCounts());
        assertTrue(page().samples("etcd_network_snapshot_send_success").isEmpty());

        snapshots.get(0xabL).begun();
        snapshots.get(0xabL).begun();
        snapshots.get(0xabL).begun();
        snapshots.get(0xabL).ended(true, 150_000_000);
        snapshots.get(0xabL).ended(false, 1);
        ScrapedPage page = page();
        Map<String, String> from = Map.of("From", "ab");
        assertEquals(1, page.value("etcd_network_snapshot_receive_inflights_total", from));
        assertEquals(1, page.value("etcd_network_snapshot_receive_success", from));
        assertEquals(1, page.value("etcd_network_snapshot_receive_failures", from));
        assertEquals(0.15, page.value("etcd_network_snapshot_receive_total_duration_seconds_sum", from), 1e-9);
        assertEquals(1, page.value("etcd_network_snapshot_send_success", Map.of("To", "ab")));
    }
}
