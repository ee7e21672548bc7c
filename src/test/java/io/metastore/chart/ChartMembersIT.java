package io.metastore.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.blackbox.Client;
import io.metastore.server.tls.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
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

    private void found(Map<String, ?> values, Map<String, Path> secrets) throws IOException {
        rendered = Chart.render(values);
        pods = Pods.of(rendered, folder, secrets);
        pods.start();
        pods.await();
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
        Object spec = Chart.at(Chart.object(rendered, "Pod", Pods.SET + "-test"), "spec");
        List<String> line = Pod.line(spec, Map.of(), pods.secrets());
        Path output = folder.resolve("test");
        Process process = Pod.begin(line, Map.of(), pods.hosts(), output);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), Files.readString(output));
    }

    @Test
    void threePodsAreAClusterAndRollOneByOne() throws Exception {
        found(Map.of(), Map.of());
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

    /// One certificate for all, with the names that README.md asks for and no address.
    @Test
    void membersAndClientsShowCertificates() throws Exception {
        TestAuthority authority = new TestAuthority(folder, "authority");
        List<String> names = new ArrayList<>(List.of("localhost"));
        for (int i = 0; i < 3; i++) {
            names.add(Pods.SET + "-" + i + "." + Pods.SET + "-headless." + Chart.NAMESPACE + ".svc.cluster.local");
        }
        TestAuthority.Issued issued = authority.issue("members", List.of(), names);
        Path secret = Files.createDirectory(folder.resolve("secret"));
        Files.copy(issued.certFile(), secret.resolve("tls.crt"));
        Files.copy(issued.keyFile(), secret.resolve("tls.key"));
        Files.copy(authority.certFile, secret.resolve("ca.crt"));

        found(
                Map.of(
                        "tls.peer.mode", "secret",
                        "tls.peer.existingSecret", "certs",
                        "tls.client.mode", "secret",
                        "tls.client.existingSecret", "certs",
                        "tls.client.clientAuth", true),
                Map.of("certs", secret));
        helmTestPasses();
        assertThrows(StatusRuntimeException.class, () -> put(pods.first(), "in plain text", "1"));
    }
}
