package io.metastore.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.marcnuri.helm.LintResult;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What Helm makes of the chart: Kubernetes' own model knows every field of it, and values that make no sense are
/// refused with a text that names them.
class ChartTest {

    /// Of the kinds that the chart has, but for those that a Kubernetes without operators does not know.
    private static final Map<String, Class<?>> MODEL = Map.of(
            "ConfigMap", V1ConfigMap.class,
            "NetworkPolicy", V1NetworkPolicy.class,
            "Pod", V1Pod.class,
            "PodDisruptionBudget", V1PodDisruptionBudget.class,
            "Service", V1Service.class,
            "ServiceAccount", V1ServiceAccount.class,
            "StatefulSet", V1StatefulSet.class);

    private static final Set<String> OF_OPERATORS = Set.of("PodMonitor", "PrometheusRule");

    @TempDir
    private Path folder;

    /// What Kubernetes' model says against objects: unknown fields, missing ones, other types.
    private static List<String> complaints(String rendered) {
        // Makes the parser that the models share.
        new JSON();
        List<String> complaints = new ArrayList<>();
        for (Map<String, Object> object : Chart.objects(rendered)) {
            String kind = (String) object.get("kind");
            if (OF_OPERATORS.contains(kind)) {
                continue;
            }
            Class<?> model = MODEL.get(kind);
            assertTrue(model != null, () -> "no model of kind " + kind);
            JsonElement json = new Gson().toJsonTree(object);
            try {
                model.getMethod("validateJsonElement", JsonElement.class).invoke(null, json);
                var _ = JSON.getGson().fromJson(json, model);
            } catch (InvocationTargetException e) {
                complaints.add(kind + ": " + e.getCause().getMessage());
            } catch (RuntimeException e) {
                complaints.add(kind + ": " + e.getMessage());
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
        return complaints;
    }

    private Path values(String yaml) throws IOException {
        return Files.writeString(folder.resolve("values.yaml"), yaml);
    }

    @Test
    void lintHasNothingToSay() {
        LintResult lint = Chart.helm().lint().strict().call();

        assertFalse(lint.isFailed(), () -> lint.getMessages().toString());
    }

    @Test
    void itsVersionIsThePrograms() throws IOException {
        String chart = Files.readString(Path.of("deploy/k8s/metastore/Chart.yaml"));
        Matcher version = Pattern.compile("<artifactId>metastore</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(Files.readString(Path.of("pom.xml")));

        assertTrue(version.find());
        assertTrue(chart.contains("\nversion: " + version.group(1) + "\n"), chart);
        assertTrue(chart.contains("\nappVersion: \"" + version.group(1) + "\"\n"), chart);
    }

    @Test
    void withoutValuesThereAreThreeMembers() {
        String rendered = Chart.render(Map.of());

        assertEquals(List.of(), complaints(rendered));
        Set<String> kinds = new TreeSet<>();
        Chart.objects(rendered).forEach(one -> kinds.add((String) one.get("kind")));
        assertEquals(
                Set.of(
                        "ConfigMap",
                        "NetworkPolicy",
                        "Pod",
                        "PodDisruptionBudget",
                        "Service",
                        "ServiceAccount",
                        "StatefulSet"),
                kinds);
        Map<String, Object> set = Chart.object(rendered, "StatefulSet", "my-metastore");
        assertEquals(3, Chart.at(set, "spec", "replicas"));
        assertEquals("Parallel", Chart.at(set, "spec", "podManagementPolicy"));
        assertEquals(false, Chart.at(set, "spec", "template", "spec", "enableServiceLinks"));
        assertEquals(false, Chart.at(set, "spec", "template", "spec", "automountServiceAccountToken"));
        Map<String, Object> headless = Chart.object(rendered, "Service", "my-metastore-headless");
        assertEquals("None", Chart.at(headless, "spec", "clusterIP"));
        assertEquals(true, Chart.at(headless, "spec", "publishNotReadyAddresses"));
        assertEquals(
                1, Chart.at(Chart.object(rendered, "PodDisruptionBudget", "my-metastore"), "spec", "maxUnavailable"));
    }

    /// Whatever selects the members selects their labels, and neither the pod of `helm test` nor anything else.
    @Test
    void selectorsAreThoseOfTheMembersAlone() {
        String rendered = Chart.render(Map.of());
        Map<String, Object> set = Chart.object(rendered, "StatefulSet", "my-metastore");
        Object members = Chart.at(set, "spec", "selector", "matchLabels");

        assertEquals(members, Chart.at(set, "spec", "template", "metadata", "labels"), "without labels of their own");
        for (String service : List.of("my-metastore", "my-metastore-headless")) {
            assertEquals(members, Chart.at(Chart.object(rendered, "Service", service), "spec", "selector"));
        }
        for (String kind : List.of("PodDisruptionBudget", "NetworkPolicy")) {
            Object spec = Chart.at(Chart.object(rendered, kind, "my-metastore"), "spec");
            String key = kind.equals("NetworkPolicy") ? "podSelector" : "selector";
            assertEquals(members, Chart.at(spec, key, "matchLabels"));
        }
        Map<String, Object> test =
                Chart.map(Chart.at(Chart.object(rendered, "Pod", "my-metastore-test"), "metadata", "labels"));
        assertFalse(test.entrySet().containsAll(Chart.map(members).entrySet()), test::toString);
    }

    /// Another size, image or chart must not change what Kubernetes refuses to change, nor restart all pods.
    @Test
    void anotherSizeChangesNoPodAndNoVolume() {
        Object three = Chart.at(Chart.object(Chart.render(Map.of()), "StatefulSet", "my-metastore"), "spec");
        String rendered = Chart.render(Map.of("replicaCount", 5));
        Object five = Chart.at(Chart.object(rendered, "StatefulSet", "my-metastore"), "spec");

        assertEquals(Chart.at(three, "template"), Chart.at(five, "template"));
        String joining = Chart.render(Map.of("initialClusterState", "existing"));
        assertEquals(
                Chart.at(three, "template"),
                Chart.at(Chart.object(joining, "StatefulSet", "my-metastore"), "spec", "template"));
        assertEquals(
                "existing",
                Chart.at(Chart.object(joining, "ConfigMap", "my-metastore"), "data", "initial-cluster-state"));
        assertEquals(Chart.at(three, "volumeClaimTemplates"), Chart.at(five, "volumeClaimTemplates"));
        assertEquals(
                5,
                ((String) Chart.at(Chart.object(rendered, "ConfigMap", "my-metastore"), "data", "initial-cluster"))
                        .split(",")
                        .length);
        Object other = Chart.at(
                Chart.object(Chart.render(Map.of("image.tag", "9.9.9")), "StatefulSet", "my-metastore"), "spec");
        assertNotEquals(Chart.at(three, "template"), Chart.at(other, "template"));
        assertEquals(Chart.at(three, "selector"), Chart.at(other, "selector"));
        assertEquals(Chart.at(three, "volumeClaimTemplates"), Chart.at(other, "volumeClaimTemplates"));
    }

    /// Pods of Kubernetes' restricted profile.
    @Test
    void podsAreRestricted() {
        String rendered = Chart.render(Map.of());
        for (Object spec : List.of(
                Chart.at(Chart.object(rendered, "StatefulSet", "my-metastore"), "spec", "template", "spec"),
                Chart.at(Chart.object(rendered, "Pod", "my-metastore-test"), "spec"))) {
            assertEquals(true, Chart.at(spec, "securityContext", "runAsNonRoot"));
            assertEquals("RuntimeDefault", Chart.at(spec, "securityContext", "seccompProfile", "type"));
            for (Object container : Chart.list(Chart.at(spec, "containers"))) {
                assertEquals(false, Chart.at(container, "securityContext", "allowPrivilegeEscalation"));
                assertEquals(true, Chart.at(container, "securityContext", "readOnlyRootFilesystem"));
                assertEquals(List.of("ALL"), Chart.at(container, "securityContext", "capabilities", "drop"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replicaCount: 1",
                "replicaCount: 5",
                "tls: {client: {mode: secret, existingSecret: certs, clientAuth: true}}",
                "tls: {peer: {mode: secret, existingSecret: certs}}",
                "tls: {peer: {mode: 'off'}}",
                "persistence: {enabled: false}",
                "persistence: {storageClass: fast, accessModes: [ReadWriteOncePod], size: 1Ti}",
                "metrics: {podMonitor: {enabled: true, labels: {release: monitoring}},"
                        + " prometheusRule: {enabled: true, disabled: [MetaStoreDiskSlow]},"
                        + " dashboard: {enabled: true, namespace: monitoring}}",
                "networkPolicy: {clients: [{namespaceSelector: {matchLabels: {team: a}}}],"
                        + " metrics: [{namespaceSelector: {matchLabels: {name: monitoring}}}]}",
                "service: {type: LoadBalancer, port: 12379, annotations: {a: b}}",
                "serviceAccount: {create: false, name: mine}",
                "image: {registry: 'reg.example:5000', pullSecrets: [key],"
                        + " digest: 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}",
                "{tolerations: [{key: a, operator: Exists}], nodeSelector: {disk: ssd}, priorityClassName: high,"
                        + " affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                        + " [{topologyKey: kubernetes.io/hostname}]}}}",
                "{commonLabels: {a: b}, commonAnnotations: {c: d}, podLabels: {e: f}, podAnnotations: {g: h}}",
                "extraEnv: [{name: GOMAXPROCS, value: '2'}]",
                "extraObjects: ['{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Release.Name }}-more}}',"
                        + " {apiVersion: v1, kind: ConfigMap, metadata: {name: further}}]",
                "server: {quotaBackendBytes: 8589934592, autoCompactionRetention: 1h30m,"
                        + " extraArgs: ['--max-request-bytes=3145728']}",
                "probes: {liveness: {enabled: false}}",
                "server: {listenAddress: '[::]', extraArgs: ['-Xmx1g']}",
                "server: {autoCompactionMode: revision, autoCompactionRetention: '1000'}",
                "{extraVolumes: [{name: keys, secret: {secretName: keys}}],"
                        + " extraVolumeMounts: [{name: keys, mountPath: /keys, readOnly: true}]}",
                "tls: {client: {mode: secret, existingSecret: '123'}}",
                "fullnameOverride: a-name-that-has-as-many-as-there-may-be4",
            })
    void otherValuesGiveWhatKubernetesKnows(String yaml) throws IOException {
        String rendered = Chart.render(values(yaml));

        assertEquals(List.of(), complaints(rendered), rendered);
    }

    @Test
    void largeNumbersStayNumbers() throws IOException {
        String rendered = Chart.render(values("server: {quotaBackendBytes: 8589934592}"));

        assertTrue(rendered.contains("--quota-backend-bytes=8589934592\n"), rendered);
    }

    /// What complains of nothing would let everything pass.
    @Test
    void theModelKnowsWhatItDoesNotKnow() {
        String rendered = Chart.render(Map.of());

        assertFalse(complaints(rendered.replace("minReadySeconds:", "minReadySecond:"))
                .isEmpty());
        assertFalse(complaints(rendered.replace("replicas: 3", "replicas: [3]")).isEmpty());
        assertFalse(complaints(rendered.replaceAll("(?m)^  serviceName: .*$", "  nothing: 1"))
                .isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            replicaCount: 0                                            | replicaCount
            replicaCount: 2                                            | replicaCount
            replicaCount: 4                                            | replicaCount
            replicaCount: '3'                                          | replicaCount
            replicaCount: -1                                           | replicaCount
            replicaCounts: 3                                           | replicaCounts
            initialClusterState: old                                   | initialClusterState
            fullnameOverride: Upper                                    | fullnameOverride
            fullnameOverride: a-name-that-is-one-longer-than-it-may-be1 | fullnameOverride
            clusterDomain: ''                                          | clusterDomain
            commonLabels: {a: 1}                                       | commonLabels
            image: {repository: ''}                                    | repository
            image: {digest: 'sha256:abc'}                              | digest
            image: {pullPolicy: Sometimes}                             | pullPolicy
            image: {tag: 'a b'}                                        | tag
            server: {quotaBackendBytes: -1}                            | quotaBackendBytes
            server: {quotaBackendBytes: 8Gi}                           | quotaBackendBytes
            server: {autoCompactionMode: daily}                        | autoCompactionMode
            server: {autoCompactionRetention: soon}                    | autoCompactionRetention
            server: {autoCompactionRetention: 1}                       | autoCompactionRetention
            server: {logLevel: loud}                                   | logLevel
            server: {metrics: all}                                     | metrics
            server: {extraArgs: ['max-request-bytes=1']}               | extraArgs
            server: {autoCompactionMode: revision, autoCompactionRetention: 1h} | must be a number of revisions
            server: {listenAddress: 10.0.0.1}                          | listenAddress
            server: {extraArgs: ['--force-new-cluster']}               | server.extraArgs has --force-new-cluster
            fullnameOverride: 1db                                      | fullnameOverride
            resizedTo: 4                                               | resizedTo
            probes: {readiness: {enabled: false}}                      | enabled
            metrics: {podMonitor: {enabled: true}, prometheusRule: {enabled: true, disabled: [MetaStoreX]}} | no such alert
            extraVolumeMounts: [{name: keys}]                          | mountPath
            server: {extraArgs: ['--name=other']}                      | server.extraArgs has --name
            server: {extraArgs: ['--initial-cluster=a=b']}             | server.extraArgs has --initial-cluster
            tls: {client: {mode: maybe}}                               | mode
            tls: {client: {mode: secret}}                              | tls.client.existingSecret
            tls: {peer: {mode: secret}}                                | tls.peer.existingSecret
            tls: {client: {clientAuth: true}}                          | tls.client.clientAuth needs
            persistence: {size: 0Gi}                                   | size
            persistence: {size: big}                                   | size
            persistence: {accessModes: [ReadWriteMany]}                | accessModes
            persistence: {accessModes: []}                             | accessModes
            persistentVolumeClaimRetentionPolicy: {whenScaled: Keep}   | whenScaled
            terminationGracePeriodSeconds: 1                           | terminationGracePeriodSeconds
            updateStrategy: {type: Recreate}                           | updateStrategy
            probes: {readiness: {periodSeconds: 0}}                    | periodSeconds
            service: {port: 70000}                                     | port
            service: {type: ExternalName}                              | type
            metrics: {podMonitor: {interval: often}}                   | interval
            metrics: {prometheusRule: {disabled: [Disk]}}              | disabled
            metrics: {dashboard: {namespace: 'not one'}}               | namespace
            """)
    void nonsenseIsRefusedByName(String yaml, String named) throws IOException {
        Path file = values(yaml);

        String said = assertThrows(IllegalStateException.class, () -> Chart.render(file), "it was taken")
                .getMessage();
        assertTrue(said.contains(named), said);
    }

    /// What would found a second cluster, or end a majority at once, beside what is meant.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            replicaCount: 5                                                        | replicaCount is 5 and was 3
            replicaCount: 1                                                        | replicaCount is 1 and was 3
            {replicaCount: 5, resizedTo: 3}                                        | replicaCount is 5 and was 3
            {replicaCount: 5, resizedTo: 5}                                        | need initialClusterState=existing
            tls: {peer: {mode: 'off'}}                                             | tls.peer.mode cannot change
            replicaCount: 3                                                        |
            {replicaCount: 5, resizedTo: 5, initialClusterState: existing}         |
            {replicaCount: 1, resizedTo: 1}                                        |
            tls: {peer: {mode: secret, existingSecret: certs}}                     |
            """)
    void whatIsThereIsNotChangedByMistake(String yaml, String named) throws IOException {
        Path file = values(yaml);
        String three = "my-metastore-0=https://a:2380,my-metastore-1=https://b:2380,my-metastore-2=https://c:2380";
        if (named == null) {
            assertEquals(List.of(), complaints(Chart.renderAgain(three, file)));
        } else {
            String said = assertThrows(
                            IllegalStateException.class, () -> Chart.renderAgain(three, file), "it was taken")
                    .getMessage();
            assertTrue(said.contains(named), said);
        }
    }
}
