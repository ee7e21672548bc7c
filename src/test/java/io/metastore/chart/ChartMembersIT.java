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
    /// What a process ends with in order after SIGTERM.
    private static final int STOPPED = 143;

    @TempDir
    private Path folder;

    private String rendered;
    private Pods pods;

    @BeforeEach
    void render() throws IOException {
        rendered = Chart.render(Map.of());
        pods = Pods.of(rendered, folder);
    }

    @AfterEach
    void end() {
        pods.close();
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
        Map<String, Object> test = Chart.object(rendered, "Pod", Pods.SET + "-test");
        List<String> line = new ArrayList<>(List.of(MemberTarget.jar().command().getFirst()));
        for (Object argument : Chart.list(
                Chart.at(Chart.list(Chart.at(test, "spec", "containers")).getFirst(), "args"))) {
            line.add((String) argument);
        }
        Path output = folder.resolve("test");
        Process process = Pod.begin(line, Map.of(), pods.hosts(), output);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), Files.readString(output));
    }

    @Test
    void threePodsAreAClusterAndRollOneByOne() throws Exception {
        pods.start();
        pods.await();
        put(pods.first(), "founded", "by three");
        for (Pod pod : pods.all()) {
            assertEquals("by three", get(pod, "founded"));
        }
        helmTestPasses();

        // As a rolling update does it: from the highest number on, the next one once this one is ready.
        List<Pod> all = pods.all();
        for (int i = all.size() - 1; i >= 0; i--) {
            Pod pod = all.get(i);
            assertEquals(STOPPED, pod.stop(), pod::printed);
            put(all.get((i + 1) % all.size()), "while-away-" + i, "1");
            pod.start();
            pod.await("readinessProbe");
            assertEquals("1", get(pod, "while-away-" + i));
        }
        helmTestPasses();
        for (Pod pod : all) {
            assertFalse(pod.printed().contains("warning"), pod::printed);
        }

        // As when a StatefulSet is deleted and made again on its volumes.
        pods.kill();
        pods.start();
        pods.await();
        for (Pod pod : all) {
            assertEquals("by three", get(pod, "founded"));
        }
    }
}
