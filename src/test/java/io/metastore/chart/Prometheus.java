package io.metastore.chart;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.metastore.Eventually;
import io.metastore.blackbox.LoopbackPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;

/// A Prometheus that collects every second and evaluates alerts as often.
final class Prometheus implements AutoCloseable {
    private final Process process;
    private final int port;
    private final HttpClient client = HttpClient.newHttpClient();

    private Prometheus(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /// A program of Prometheus': named by a property of the test, or on the path; the test is skipped without.
    static Path program(String name) {
        Optional<Path> given =
                Optional.ofNullable(System.getProperty("metastore." + name)).map(Path::of);
        return given.or(() -> Arrays.stream(System.getenv("PATH").split(":"))
                        .map(folder -> Path.of(folder, name))
                        .filter(Files::isExecutable)
                        .findFirst())
                .orElseGet(() -> Assumptions.abort("no " + name + ": -Dmetastore." + name + "=PATH"));
    }

    /// Starts one and waits until it has heard of all targets.
    static Prometheus start(Path folder, String job, List<String> targets, String rules) throws IOException {
        Path program = program("prometheus");
        Files.writeString(folder.resolve("rules.yaml"), rules);
        Path config =
                Files.writeString(folder.resolve("prometheus.yaml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [rules.yaml]
                scrape_configs:
                  - job_name: %s
                    static_configs: [{targets: [%s]}]
                """.formatted(job, String.join(",", targets)));
        int port = LoopbackPorts.next();
        Process process = new ProcessBuilder(
                        program.toString(),
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + folder.resolve("series"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("prometheus.log").toFile())
                .start();
        Prometheus prometheus = new Prometheus(process, port);
        try {
            Eventually.holds(
                    "Prometheus hears of " + targets,
                    Duration.ofSeconds(60),
                    () -> prometheus.answers()
                            && prometheus.query("up{job=\"" + job + "\"} == 1").size() == targets.size());
            return prometheus;
        } catch (AssertionError | RuntimeException failed) {
            prometheus.close();
            throw failed;
        }
    }

    private boolean answers() {
        try {
            return get("/-/ready").statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private HttpResponse<String> get(String path) throws IOException {
        try {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .timeout(Duration.ofSeconds(20))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /// The series that an expression has now.
    ///
    /// @throws AssertionError with what Prometheus says of one that it does not understand
    JsonArray query(String expr) {
        try {
            String body = get("/api/v1/query?query=" + URLEncoder.encode(expr, StandardCharsets.UTF_8))
                    .body();
            JsonObject answer = JsonParser.parseString(body).getAsJsonObject();
            if (!answer.get("status").getAsString().equals("success")) {
                throw new AssertionError(expr + ": " + body);
            }
            return answer.getAsJsonObject("data").getAsJsonArray("result");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Names of the alerts that fire.
    Set<String> firing() {
        Set<String> names = new TreeSet<>();
        for (JsonElement one : query("ALERTS{alertstate=\"firing\"}")) {
            names.add(one.getAsJsonObject()
                    .getAsJsonObject("metric")
                    .get("alertname")
                    .getAsString());
        }
        return names;
    }

    @Override
    public void close() {
        client.close();
        process.destroy();
        process.onExit().join();
    }
}
