package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.CompactionRequest;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.HashRequest;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.mvcc.RangeQuery;
import io.metastore.service.Guard;
import io.metastore.service.KvService;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The table of etcd's metrics against the page of a real member that has done a little of everything: each
/// is there with its type, labels and buckets, or stands on the list of those for later, with the reason.
class EtcdMetricsTableTest {
    private static final Pattern BUCKETS = Pattern.compile("start=(\\S+) factor=(\\S+) count=(\\d+)");
    private static final ByteString KEY = ByteString.copyFromUtf8("key");

    @TempDir
    Path folder;

    static List<String[]> rows(String resource) throws IOException {
        try (InputStream in = EtcdMetricsTableTest.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .toList();
        }
    }

    /// What a member has done before its page is fetched: two puts and one refused, and one of each of the rest.
    private ScrapedPage page() throws Exception {
        List<ScrapedPage> pages = new ArrayList<>();
        ServedMember.run(folder, Map.of(), (member, port) -> {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .build();
            try {
                callEverything(channel);
                refusals(member.kv());
                raiseAlarm(channel);
                member.consensus().snapshot();
                RawHttp.get(port, "/readyz");
                pages.add(new ScrapedPage(RawHttp.body(RawHttp.get(port, "/metrics"))));
            } finally {
                channel.shutdownNow();
                assertTrue(channel.awaitTermination(10, TimeUnit.SECONDS));
            }
        });
        return pages.getFirst();
    }

    /// Asked of the service itself: answering a call with an error takes Quarkus.
    private static void refusals(KvService kv) {
        Bytes key = Bytes.utf8("key");
        refused(StoreError.LEASE_NOT_FOUND, kv.write(new Command.Put(key, key, 99, false, false, false)));
        refused(StoreError.COMPACTED, kv.compact(4, false));
        KeyRange range = KeyRange.single(key);
        refused(StoreError.FUTURE_REVISION, kv.range(RangeQuery.all(range).withRange(range, 0, 77), false, Guard.NONE));
    }

    private static <R> void refused(StoreError reason, Uni<Outcome<R>> outcome) {
        assertEquals(new Outcome.Refused<R>(reason), outcome.await().atMost(Duration.ofSeconds(10)));
    }

    private static void callEverything(ManagedChannel channel) {
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
        PutRequest put = PutRequest.newBuilder().setKey(KEY).setValue(KEY).build();
        kv.put(put);
        kv.put(put);
        RangeRequest range = RangeRequest.newBuilder().setKey(KEY).build();
        kv.range(range);
        kv.range(range.toBuilder().setSerializable(true).build());
        RequestOp read = RequestOp.newBuilder().setRequestRange(range).build();
        kv.txn(TxnRequest.newBuilder().addSuccess(read).build());
        kv.txn(TxnRequest.newBuilder()
                .addSuccess(read)
                .addSuccess(RequestOp.newBuilder().setRequestPut(put))
                .build());
        kv.deleteRange(DeleteRangeRequest.newBuilder().setKey(KEY).build());
        LeaseGrpc.newBlockingStub(channel)
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(100).build());
        var maintenance = MaintenanceGrpc.newBlockingStub(channel);
        maintenance.hashKV(HashKVRequest.getDefaultInstance());
        maintenance.hash(HashRequest.getDefaultInstance());
        // Put at 2, 3 and 4, deleted at 5: what goes are two versions.
        kv.compact(
                CompactionRequest.newBuilder().setRevision(4).setPhysical(true).build());
    }

    private static void raiseAlarm(ManagedChannel channel) {
        MaintenanceGrpc.newBlockingStub(channel)
                .alarm(AlarmRequest.newBuilder()
                        .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                        .setAlarm(AlarmType.NOSPACE)
                        .setMemberID(1)
                        .build());
    }

    @Test
    void everyMetricIsServedAsEtcdDoesOrIsForLater() throws Exception {
        ScrapedPage page = page();
        Map<String, String> later = new HashMap<>();
        for (String[] row : rows("/etcd-metrics-later.tsv")) {
            assertTrue(row.length == 2 && !row[1].isBlank(), () -> "no reason: " + row[0]);
            later.put(row[0], row[1]);
        }
        List<String> complaints = new ArrayList<>();
        List<String[]> table = rows("/etcd-metrics.tsv");
        for (String[] row : table) {
            boolean postponed = later.remove(row[0]) != null;
            if (page.type(row[0]) == null) {
                if (!postponed) {
                    complaints.add(row[0] + " is missing");
                }
            } else if (postponed) {
                // A family may be there whose samples come with other members.
                if (!page.samples(row[0]).isEmpty()) {
                    complaints.add(row[0] + " is there and no longer for later");
                }
            } else {
                compare(page, row, complaints);
            }
        }
        later.keySet().forEach(name -> complaints.add(name + " is for later and not in the table"));
        assertEquals("", String.join("\n", complaints));
        assertEquals(102, table.size(), "rows of the table");
        values(page);
    }

    static void compare(ScrapedPage page, String[] row, List<String> complaints) {
        String name = row[0];
        if (!page.type(name).equals(row[1])) {
            complaints.add(name + " is a " + page.type(name) + " instead of a " + row[1]);
            return;
        }
        List<ScrapedPage.Sample> samples = page.samples(row[1].equals("histogram") ? name + "_bucket" : name);
        if (samples.isEmpty()) {
            complaints.add(name + " has no sample");
        }
        Set<String> labels = row[2].isEmpty() ? Set.of() : Set.of(row[2].split(","));
        for (ScrapedPage.Sample sample : samples) {
            if (!sample.series().keySet().equals(labels)) {
                complaints.add(name + " has the labels " + sample.series().keySet());
            }
        }
        if (!row[3].isEmpty()) {
            bounds(samples).values().stream()
                    .filter(bounds -> !bounds.equals(expected(row[3])))
                    .forEach(bounds -> complaints.add(name + " has the bounds " + bounds));
        }
    }

    /// Bounds of each series, in their order.
    private static Map<String, List<Double>> bounds(List<ScrapedPage.Sample> samples) {
        Map<String, List<Double>> bounds = new TreeMap<>();
        for (ScrapedPage.Sample sample : samples) {
            String bound = sample.labels().get("le");
            bounds.computeIfAbsent(new TreeMap<>(sample.series()).toString(), _ -> new ArrayList<>())
                    .add(bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound));
        }
        return bounds;
    }

    private static List<Double> expected(String expression) {
        Matcher matcher = BUCKETS.matcher(expression);
        assertTrue(matcher.matches(), expression);
        List<Double> bounds = new ArrayList<>();
        double bound = Double.parseDouble(matcher.group(1));
        for (int i = 0; i < Integer.parseInt(matcher.group(3)); i++) {
            bounds.add(bound);
            bound *= Double.parseDouble(matcher.group(2));
        }
        bounds.add(Double.POSITIVE_INFINITY);
        return bounds;
    }

    /// The numbers fit what was done.
    private static void values(ScrapedPage page) {
        assertEquals(2, applied(page, "Put", true));
        assertEquals(1, applied(page, "Put", false));
        assertEquals(1, applied(page, "Txn", true), "what only reads is not applied");
        assertEquals(2, applied(page, "Compaction", true), "a revision compacted before is no failure");
        assertEquals(1, applied(page, "ClusterMemberAttrSet", true));
        assertEquals(3, requests(page, "Put", true), "a refusal was agreed on");
        assertEquals(4, requests(page, "Range", true), "two of them are the checks of /readyz");
        assertEquals(1, requests(page, "Range", false));
        assertEquals(1, requests(page, "ReadonlyTxn", true));
        assertEquals(1, requests(page, "Txn", true));
        assertEquals(4, page.value("etcd_server_range_duration_seconds_count", Map.of("success", "true")));
        assertEquals(1, page.value("etcd_server_range_duration_seconds_count", Map.of("success", "false")));
        assertEquals(1, page.value("etcd_mvcc_hash_rev_duration_seconds_count"));
        assertEquals(1, page.value("etcd_mvcc_hash_duration_seconds_count"));
        assertEquals(1, page.value("etcd_debugging_auth_revision"));
        assertEquals(0, page.value("etcd_server_heartbeat_send_failures_total"));
        assertEquals(0, page.value("etcd_server_snapshot_apply_in_progress_total"));
        assertEquals(0, page.value("etcd_server_learner_promote_successes"));
        assertEquals(0, page.value("etcd_disk_defrag_inflight"));
        assertEquals(
                page.samples("etcd_server_id").getFirst().labels().get("server_id"),
                page.samples("etcd_network_known_peers").getFirst().labels().get("Remote"));
        assertEquals(11, page.samples("etcd_server_feature_enabled").size(), "as many as etcd 3.7.3 has");
        assertEquals(0, page.value("etcd_server_feature_enabled", Map.of("name", "AllBeta", "stage", "BETA")));
        assertEquals(
                "none, Java " + Runtime.version().feature(),
                page.samples("etcd_server_go_version").getFirst().labels().get("server_go_version"));
        assertEquals(0, page.value("etcd_mvcc_db_open_read_transactions"));
        assertEquals(0, page.value("etcd_debugging_lease_ttl_total_bucket", Map.of("le", "64")));
        assertEquals(1, page.value("etcd_debugging_lease_ttl_total_bucket", Map.of("le", "128")));
        assertEquals(1, page.value("etcd_debugging_lease_ttl_total_bucket", Map.of("le", "1.048576e+06")));
        assertEquals(100, page.value("etcd_debugging_lease_ttl_total_sum"));
        assertEquals(2, page.value("etcd_debugging_mvcc_db_compaction_keys_total"));
        assertEquals(1, page.value("etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_count"));
        assertEquals(1, page.value("etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds_count"));
        assertTrue(page.value("etcd_debugging_mvcc_db_compaction_last") > 1.7e9, "seconds since 1970");
        assertEquals(1, page.value("etcd_snap_db_save_total_duration_seconds_count"));
        assertEquals(1, page.value("etcd_debugging_snap_save_total_duration_seconds_count"));
        // Each was called alone, so each is an entry, written, synced, applied and committed for itself.
        double chunks = page.value("etcd_disk_backend_commit_duration_seconds_count");
        assertEquals(11, chunks, "start of the cluster, member, 3 puts, txn, delete, grant, 2 compactions, alarm");
        assertTrue(page.value("etcd_disk_wal_fsync_duration_seconds_count") >= chunks);
        assertTrue(page.value("etcd_disk_wal_fsync_duration_seconds_sum") > 0);
        assertTrue(page.value("etcd_disk_wal_write_bytes_total") > 10 * 10);
    }

    private static double applied(ScrapedPage page, String command, boolean success) {
        return page.value(
                "etcd_server_apply_duration_seconds_count",
                Map.of("version", "v3", "op", command, "success", Boolean.toString(success)));
    }

    private static double requests(ScrapedPage page, String type, boolean success) {
        return page.value(
                "etcd_server_request_duration_seconds_count",
                Map.of("type", type, "success", Boolean.toString(success)));
    }
}
