package io.metastore.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.MemberTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Real members, started with what the rendered chart says.
@Timeout(300)
class ChartMembersIT {
    private static final String SET = "my-metastore";
    private static final int PODS = 3;
    /// What a process ends with in order after SIGTERM.
    private static final int STOPPED = 143;

    @TempDir
    private Path folder;

    private final List<Pod> pods = new ArrayList<>();
    private Path hosts;
    private String rendered;

    @BeforeEach
    void render() throws IOException {
        rendered = Chart.render(Map.of());
        hosts = Files.write(folder.resolve("hosts"), Pod.hosts(SET, SET + "-headless", PODS));
        for (int i = 0; i < PODS; i++) {
            Path own = Files.createDirectory(folder.resolve("pod-" + i));
            pods.add(new Pod(rendered, SET, i, own, hosts));
        }
    }

    @AfterEach
    void end() {
        pods.forEach(Pod::close);
    }

    private static void put(Pod pod, String key, String value) {
        try (Client client = pod.connect()) {
            var _ = client.kv()
                    .put(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(key))
                            .setValue(ByteString.copyFromUtf8(value))
                            .build());
        }
    }

    private static String get(Pod pod, String key) {
        try (Client client = pod.connect()) {
            return client.kv()
                    .range(RangeRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(key))
                            .build())
                    .getKvs(0)
                    .getValue()
                    .toStringUtf8();
        }
    }

    /// What `helm test` runs.
    private void helmTestPasses() throws Exception {
        Map<String, Object> test = Chart.object(rendered, "Pod", SET + "-test");
        List<String> line = new ArrayList<>(List.of(MemberTarget.jar().command().getFirst()));
        for (Object argument : Chart.list(
                Chart.at(Chart.list(Chart.at(test, "spec", "containers")).getFirst(), "args"))) {
            line.add((String) argument);
        }
        Path output = folder.resolve("test");
        Process process = Pod.begin(line, Map.of(), hosts, output);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), Files.readString(output));
    }

    @Test
    void threePodsAreAClusterAndRollOneByOne() throws Exception {
        for (Pod pod : pods) {
            pod.start();
        }
        for (Pod pod : pods) {
            pod.await("startupProbe");
            pod.await("readinessProbe");
        }
        put(pods.getFirst(), "founded", "by three");
        for (Pod pod : pods) {
            assertEquals("by three", get(pod, "founded"));
        }
        helmTestPasses();
        String metrics = pods.getFirst().metrics();
        for (String metric : Rules.metrics()) {
            assertTrue(metrics.contains("# HELP " + metric + " "), () -> "an alert looks at " + metric);
        }

        // As a rolling update does it: from the highest number on, the next one once this one is ready.
        for (int i = PODS - 1; i >= 0; i--) {
            Pod pod = pods.get(i);
            assertEquals(STOPPED, pod.stop(), pod::printed);
            put(pods.get((i + 1) % PODS), "while-away-" + i, "1");
            pod.start();
            pod.await("readinessProbe");
            assertEquals("1", get(pod, "while-away-" + i));
        }
        helmTestPasses();

        for (Pod pod : pods) {
            assertFalse(pod.printed().contains("warning"), pod::printed);
        }

        // All at once, as when a StatefulSet is deleted and made again on its volumes.
        for (Pod pod : pods) {
            pod.close();
        }
        for (Pod pod : pods) {
            pod.start();
        }
        for (Pod pod : pods) {
            pod.await("readinessProbe");
            assertEquals("by three", get(pod, "founded"));
        }
    }
}
