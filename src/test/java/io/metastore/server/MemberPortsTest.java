package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A real member behind its ports: what health and metrics say of it.
class MemberPortsTest {
    private static final Pattern SAMPLE = Pattern.compile(
            "[a-zA-Z_:][a-zA-Z0-9_:]*(\\{([a-zA-Z_][a-zA-Z0-9_]*=\"(\\\\.|[^\"\\\\])*\",?)*})? (NaN|[+-]Inf|-?[0-9.]+(E-?[0-9]+)?)");

    @TempDir
    Path folder;

    private static void put(int port, int times) {
        ManagedChannel channel = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .usePlaintext()
                .build();
        for (int i = 0; i < times; i++) {
            KVGrpc.newBlockingStub(channel)
                    .put(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("k" + i))
                            .setValue(ByteString.copyFromUtf8("value"))
                            .build());
        }
        channel.shutdownNow();
    }

    @Test
    void healthOfARealMember() throws Exception {
        ServedMember.run(folder, Map.of(), (_, port) -> {
            assertEquals("{\"health\":\"true\",\"reason\":\"\"}", RawHttp.body(RawHttp.get(port, "/health")));
            assertEquals(
                    "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n",
                    RawHttp.body(RawHttp.get(port, "/readyz?verbose")));
            assertEquals("ok\n", RawHttp.body(RawHttp.get(port, "/livez")));
        });
    }

    @Test
    void metricsParseAndNoFamilyComesTwice() throws Exception {
        ServedMember.run(folder, Map.of("metrics", "extensive"), (_, port) -> {
            put(port, 3);
            RawHttp.get(port, "/readyz");
            String text = RawHttp.body(RawHttp.get(port, "/metrics"));
            Set<String> families = new HashSet<>();
            Set<String> samples = new HashSet<>();
            for (String line : text.lines().toList()) {
                if (line.startsWith("# TYPE ")) {
                    assertTrue(families.add(line.split(" ")[2]), "twice: " + line);
                } else if (!line.startsWith("#")) {
                    assertTrue(SAMPLE.matcher(line).matches(), line);
                    assertTrue(samples.add(line.substring(0, line.lastIndexOf(' '))), "twice: " + line);
                }
            }
            for (String name : EXPECTED) {
                assertTrue(families.contains(name), () -> name + " is missing among " + families);
            }
            assertTrue(text.contains("\netcd_server_has_leader 1\n"));
            assertTrue(text.contains("\netcd_mvcc_put_total 3\n"));
            assertTrue(text.contains("\netcd_debugging_mvcc_keys_total 3\n"));
            assertTrue(text.contains(
                    "\netcd_server_client_requests_total{client_api_version=\"unknown\",type=\"unary\"} 3\n"));
            assertTrue(
                    text.contains(
                            "\ngrpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 3\n"));
            assertTrue(
                    text.contains(
                            "\ngrpc_server_started_total{grpc_method=\"RangeStream\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"server_stream\"} 0\n"));
        });
    }

    /// MET-26 and MET-27 name most of them; the rest is what exists by now of MET-01 to MET-25.
    private static final List<String> EXPECTED = List.of(
            "etcd_cluster_version",
            "etcd_debugging_lease_granted_total",
            "etcd_debugging_mvcc_compact_revision",
            "etcd_debugging_mvcc_current_revision",
            "etcd_debugging_mvcc_events_total",
            "etcd_debugging_mvcc_keys_total",
            "etcd_debugging_mvcc_pending_events_total",
            "etcd_debugging_mvcc_slow_watcher_total",
            "etcd_debugging_mvcc_watch_stream_total",
            "etcd_debugging_mvcc_watcher_total",
            "etcd_debugging_server_alarms",
            "etcd_debugging_server_lease_expired_total",
            "etcd_mvcc_db_total_size_in_bytes",
            "etcd_mvcc_db_total_size_in_use_in_bytes",
            "etcd_mvcc_delete_total",
            "etcd_mvcc_range_total",
            "etcd_mvcc_txn_total",
            "etcd_network_client_grpc_received_bytes_total",
            "etcd_network_client_grpc_sent_bytes_total",
            "etcd_server_health_failures",
            "etcd_server_health_success",
            "etcd_server_healthcheck",
            "etcd_server_healthchecks_total",
            "etcd_server_id",
            "etcd_server_is_leader",
            "etcd_server_is_learner",
            "etcd_server_leader_changes_seen_total",
            "etcd_server_proposals_applied_total",
            "etcd_server_proposals_committed_total",
            "etcd_server_proposals_failed_total",
            "etcd_server_proposals_pending",
            "etcd_server_quota_backend_bytes",
            "etcd_server_version",
            "grpc_server_handled_total",
            "grpc_server_handling_seconds",
            "grpc_server_msg_received_total",
            "grpc_server_msg_sent_total",
            "jvm_memory_used_bytes",
            "metastore_rocksdb_memtable_bytes",
            "os_fd_limit",
            "os_fd_used",
            "process_cpu_seconds_total",
            "process_resident_memory_bytes");
}
