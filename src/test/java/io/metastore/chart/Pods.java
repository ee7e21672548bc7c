package io.metastore.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The pods of the chart's StatefulSet, each with a volume of its own, not started yet.
///
/// @param hosts   the names of all, in the form of /etc/hosts
/// @param secrets folders by the names of secrets that pods may mount
record Pods(List<Pod> all, Path hosts, Map<String, Path> secrets) implements AutoCloseable {
    static final String SET = "my-metastore";

    static Pods of(String rendered, Path folder) throws IOException {
        return of(rendered, folder, Map.of());
    }

    static Pods of(String rendered, Path folder, Map<String, Path> secrets) throws IOException {
        int replicas = (int) Chart.at(Chart.object(rendered, "StatefulSet", SET), "spec", "replicas");
        Path hosts = Files.write(folder.resolve("hosts"), Pod.hosts(SET, SET + "-headless", replicas));
        List<Pod> pods = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            Path own = Files.createDirectory(folder.resolve("pod-" + i));
            pods.add(new Pod(rendered, SET, i, own, hosts, secrets));
        }
        return new Pods(pods, hosts, secrets);
    }

    Pod first() {
        return all.getFirst();
    }

    /// All at once, as a StatefulSet with parallel start does it.
    void start() throws IOException {
        for (Pod pod : all) {
            pod.start();
        }
    }

    /// Waits until all are ready, as their probes have it.
    void await() {
        for (Pod pod : all) {
            pod.await("startupProbe");
            pod.await("readinessProbe");
        }
    }

    /// Ends all at once, without asking.
    void kill() {
        all.forEach(Pod::close);
    }

    @Override
    public void close() {
        kill();
    }
}
