package io.metastore.chart;

import io.metastore.Eventually;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.MemberTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A pod of the chart's StatefulSet as a process on this machine: arguments, variables and probes are those of
/// the rendered chart. What differs is what a kubelet and a cluster's DNS give: an address of its own on loopback
/// in the place of 0.0.0.0, a folder for the volume, and a file of host names.
final class Pod implements AutoCloseable {
    private static final Duration PROBE_WITHIN = Duration.ofSeconds(10);
    private static final String ADDRESSES = "127.0.23.";
    private static final String VOLUME = "/var/lib/metastore";

    private final String name;
    private final String address;
    private final Map<String, Object> spec;
    private final Map<String, String> environment = new HashMap<>();
    private final Path folder;
    private final Path hosts;
    private final Map<String, Path> secrets;
    private Process process;

    /// @param ordinal  which pod of the set, from 0 on
    /// @param folder   for its volume and what it prints
    /// @param hosts    names of all pods, in the form of /etc/hosts
    /// @param secrets  folders by the names of secrets
    Pod(String rendered, String setName, int ordinal, Path folder, Path hosts, Map<String, Path> secrets) {
        this.name = setName + "-" + ordinal;
        this.address = address(ordinal);
        this.folder = folder;
        this.hosts = hosts;
        this.secrets = secrets;
        Map<String, Object> set = Chart.object(rendered, "StatefulSet", setName);
        this.spec = Chart.map(Chart.at(set, "spec", "template", "spec"));
        for (Object one : Chart.list(Chart.at(container(), "env"))) {
            environment.put((String) Chart.at(one, "name"), value(rendered, one));
        }
    }

    private static String address(int ordinal) {
        return ADDRESSES + (ordinal + 1);
    }

    /// The lines of a file of hosts for so many pods.
    static List<String> hosts(String setName, String headless, int pods) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < pods; i++) {
            lines.add(address(i) + " " + setName + "-" + i + "." + headless + "." + Chart.NAMESPACE
                    + ".svc.cluster.local");
        }
        return lines;
    }

    private Map<String, Object> container() {
        return Chart.map(Chart.list(spec.get("containers")).getFirst());
    }

    private String value(String rendered, Object variable) {
        Map<String, Object> source = Chart.map(Chart.at(variable, "valueFrom"));
        if (source.containsKey("fieldRef")) {
            return switch ((String) Chart.at(source, "fieldRef", "fieldPath")) {
                case "metadata.name" -> name;
                default -> throw new AssertionError("no such field here: " + source);
            };
        }
        String map = (String) Chart.at(source, "configMapKeyRef", "name");
        return (String) Chart.at(
                Chart.object(rendered, "ConfigMap", map), "data", (String) Chart.at(source, "configMapKeyRef", "key"));
    }

    String name() {
        return name;
    }

    /// Starts the container, on the volume that the pod has.
    void start() throws IOException {
        List<String> line = line(spec, environment, secrets).stream()
                .map(word -> word.replace("0.0.0.0", address).replace(VOLUME, folder.toString()))
                .toList();
        process = begin(line, environment, hosts, output());
    }

    /// The command line of a pod's container, with its variables filled in and its secrets where they are here.
    ///
    /// @param secrets folders by the names of the secrets that are mounted
    static List<String> line(Object spec, Map<String, String> environment, Map<String, Path> secrets) {
        Map<String, String> places = new HashMap<>();
        environment.forEach((name, value) -> places.put("$(" + name + ")", value));
        Object container = Chart.list(Chart.at(spec, "containers")).getFirst();
        for (Object mount : Chart.list(Chart.at(container, "volumeMounts"))) {
            for (Object volume : Chart.list(Chart.at(spec, "volumes"))) {
                if (Chart.at(volume, "name").equals(Chart.at(mount, "name"))
                        && Chart.map(volume).containsKey("secret")) {
                    Path secret = secrets.get((String) Chart.at(volume, "secret", "secretName"));
                    places.put((String) Chart.at(mount, "mountPath"), secret.toString());
                }
            }
        }
        List<String> line = new ArrayList<>(List.of(MemberTarget.jar().command().getFirst()));
        for (Object argument : Chart.list(Chart.at(container, "args"))) {
            String text = (String) argument;
            for (Map.Entry<String, String> place : places.entrySet()) {
                text = text.replace(place.getKey(), place.getValue());
            }
            line.add(text);
        }
        return line;
    }

    /// Starts the program with a cluster's names.
    static Process begin(List<String> line, Map<String, String> environment, Path hosts, Path output)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("METASTORE_JAVA_OPTS", "-Djdk.net.hosts.file=" + hosts);
        return builder.start();
    }

    private Path output() {
        return folder.resolve("output");
    }

    String printed() {
        try {
            return Files.readString(output());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Waits until a probe of the container, such as readinessProbe, is content.
    void await(String probe) {
        Object get = Chart.at(container(), probe, "httpGet");
        int port = Chart.list(Chart.at(container(), "ports")).stream()
                .filter(one -> Chart.at(one, "name").equals(Chart.at(get, "port")))
                .map(one -> (int) Chart.at(one, "containerPort"))
                .findFirst()
                .orElseThrow();
        URI uri = URI.create("http://" + address + ":" + port + Chart.at(get, "path"));
        Eventually.holds(name + " " + probe, Duration.ofSeconds(90), () -> {
            if (!process.isAlive()) {
                throw new AssertionError(name + " ended with " + process.exitValue() + ":\n" + printed());
            }
            return answers(uri);
        });
    }

    private static boolean answers(URI uri) {
        try {
            return get(uri).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static HttpResponse<String> get(URI uri) throws IOException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(uri).timeout(PROBE_WITHIN).build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /// Where Prometheus asks.
    String metricsAddress() {
        return address + ":2381";
    }

    /// A connection to the pod's client port.
    Client connect() {
        return Client.connect(address, 2379);
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// @return the exit status
    /// @throws AssertionError when the grace period is over before
    int stop() throws InterruptedException {
        process.destroy();
        int grace = (int) spec.get("terminationGracePeriodSeconds");
        if (!process.waitFor(grace, TimeUnit.SECONDS)) {
            throw new AssertionError(name + " runs " + grace + " s after SIGTERM:\n" + printed());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
            process.onExit().join();
        }
    }
}
