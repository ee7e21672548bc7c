package io.metastore.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.blackbox.Client;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A real Prometheus beside members that the chart's arguments started: each panel and each alert looks at something
/// that is there, and alerts fire by their real cause and go away.
@Timeout(400)
class MonitoringIT {
    private static final String JOB = "metastore";
    private static final Duration SOON = Duration.ofSeconds(90);
    /// Of alarms there are series only while one is raised.
    private static final String ALARMS = "etcd_debugging_server_alarms";

    @TempDir
    private Path folder;

    /// A call of each kind that a panel counts.
    private static void call(Client client) {
        ByteString key = ByteString.copyFromUtf8("a");
        var _ = client.kv()
                .put(PutRequest.newBuilder().setKey(key).setValue(key).build());
        var _ = client.kv().range(RangeRequest.newBuilder().setKey(key).build());
        var _ = client.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(600).build());
        assertThrows(
                StatusRuntimeException.class,
                () -> client.kv()
                        .range(RangeRequest.newBuilder()
                                .setKey(key)
                                .setRevision(Long.MAX_VALUE)
                                .build()));
    }

    @Test
    void panelsShowSomethingAndAlertsFireByTheirCause() throws Exception {
        Prometheus.program("prometheus");
        try (Pods pods = Pods.of(Chart.render(Map.of()), folder)) {
            pods.start();
            pods.await();
            List<String> targets = pods.all().stream().map(Pod::metricsAddress).toList();
            try (Prometheus prometheus = Prometheus.start(folder, JOB, targets, Rules.hasty());
                    Client client = pods.first().connect()) {
                showsEverything(prometheus, client);
                assertEquals(Set.of(), prometheus.firing());
                firesWithoutAMajority(pods, prometheus);
                firesForAnAlarm(pods.first(), prometheus);
            }
        }
    }

    private static void showsEverything(Prometheus prometheus, Client client) throws Exception {
        List<String> empty = new ArrayList<>(Rules.looksAt());
        empty.removeIf(series -> series.startsWith(ALARMS));
        for (Dashboard.Target target : Dashboard.targets()) {
            empty.add(target.filled(JOB, "20s"));
        }
        Eventually.holds("all of these have a value: " + empty, SOON, () -> {
            call(client);
            empty.removeIf(expr -> !prometheus.query(expr).isEmpty());
            return empty.isEmpty();
        });
    }

    private static void firesWithoutAMajority(Pods pods, Prometheus prometheus) throws Exception {
        List<Pod> lost = pods.all().subList(1, 3);
        lost.forEach(Pod::close);
        Set<String> expected = Set.of("MetaStoreNoLeader", "MetaStoreMemberWithoutLeader", "MetaStoreMembersDown");
        Eventually.holds(
                "these fire: " + expected, SOON, () -> prometheus.firing().containsAll(expected));
        pods.kill();
        Eventually.holds("MetaStoreDown fires", SOON, () -> prometheus.firing().contains("MetaStoreDown"));
        pods.start();
        pods.await();
        Eventually.holds(
                "they go away",
                SOON,
                () -> prometheus.firing().stream()
                        .noneMatch(name -> expected.contains(name) || name.equals("MetaStoreDown")));
    }

    private static void firesForAnAlarm(Pod pod, Prometheus prometheus) {
        try (Client client = pod.connect()) {
            AlarmRequest.Builder alarm = AlarmRequest.newBuilder().setAlarm(AlarmType.NOSPACE);
            var _ = client.maintenance()
                    .alarm(alarm.setAction(AlarmRequest.AlarmAction.ACTIVATE).build());
            Eventually.holds(
                    "MetaStoreAlarm fires", SOON, () -> prometheus.firing().contains("MetaStoreAlarm"));
            var _ = client.maintenance()
                    .alarm(alarm.setAction(AlarmRequest.AlarmAction.DEACTIVATE).build());
            Eventually.holds(
                    "MetaStoreAlarm goes away", SOON, () -> !prometheus.firing().contains("MetaStoreAlarm"));
            assertTrue(prometheus.query(ALARMS).isEmpty());
        }
    }
}
