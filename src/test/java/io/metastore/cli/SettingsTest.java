package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.server.ConfigKey;
import io.metastore.server.EffectiveConfig;
import io.metastore.server.Retention;
import io.metastore.server.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @TempDir
    Path folder;

    private static Settings read(String... flags) {
        return Settings.read(List.of(flags), Map.of(), new Properties());
    }

    private static ServerConfig good(String... flags) {
        Settings settings = read(flags);
        assertEquals(List.of(), settings.problems());
        return settings.config().orElseThrow();
    }

    private static String onlyProblem(String... flags) {
        Settings settings = read(flags);
        assertEquals(1, settings.problems().size(), settings.problems().toString());
        return settings.problems().getFirst();
    }

    @Test
    void defaults() {
        ServerConfig config = good();
        assertEquals("default.etcd", config.member().dataDir());
        assertEquals(config.listen().listenClientUrls(), config.listen().advertiseClientUrls());
        assertEquals(100, config.batch().commands());
        assertEquals(Duration.ofMillis(1), config.batch().time());
        assertEquals(256 << 10, config.batch().bytes());
        assertEquals(64 << 20, config.queue().bytes());
        EffectiveConfig effective = new EffectiveConfig(config);
        assertEquals(OptionalLong.of(2L << 30), effective.quotaBytes());
        assertEquals(new Retention.Off(), effective.retention());
        assertEquals(
                "default",
                effective.initialCluster().members().keySet().iterator().next());
        assertEquals(2_097_152, effective.maxMessageBytes());
    }

    @Test
    void everyKeyIsExplainedAndItsDefaultIsWithinItsLimits() {
        for (ConfigKey key : ConfigKey.all()) {
            assertTrue(key.setting().value().endsWith("."), key.name());
            assertTrue(key.optional() == key.standard().isEmpty(), key.name());
            key.standard()
                    .filter(standard -> !standard.contains("${"))
                    .ifPresent(standard -> assertEquals(Optional.empty(), key.problem(standard)));
        }
    }

    @Test
    void formsOfAFlag() {
        assertEquals("x", good("--name", "x").member().name());
        assertEquals("x", good("--name=x").member().name());
        assertEquals("x", good("-name", "x").member().name());
        assertEquals("x", good("-name=x").member().name());
        assertEquals("x.etcd", good("-name=x").member().dataDir());
        assertEquals("b", good("--name=a", "--name=b").member().name());
        assertEquals("x=y", good("--name=x=y").member().name());
        assertEquals("default", good("--name=").member().name());
        assertTrue(good("--auto-tls").tls().autoTls());
        assertTrue(good("--auto-tls=T").tls().autoTls());
        assertFalse(good("--auto-tls=false").tls().autoTls());
        assertEquals(10, good("--metastore.batch.commands=10").batch().commands());
        assertEquals(10, good("-Dmetastore.batch.commands=10").batch().commands());
        assertEquals("x", good("--metastore.name", "x").member().name());
        assertEquals(-1, good("--quota-backend-bytes", "-1").limits().quotaBackendBytes());
    }

    @Test
    void refusedForms() {
        assertEquals("unknown flag --nmae; the nearest known is --name", onlyProblem("--nmae", "x"));
        assertEquals(
                "unknown flag --experimental-compaction-batch-limit; the nearest known is --compaction-batch-limit",
                onlyProblem("--experimental-compaction-batch-limit=5"));
        assertEquals(
                "unknown flag --batch.commands; the nearest known is --metastore.batch.commands",
                onlyProblem("--batch.commands=5"));
        assertEquals("--name needs a value", onlyProblem("--name"));
        assertEquals("--name needs a value", onlyProblem("--name", "--auto-tls"));
        assertEquals("\"x\" is not a flag", onlyProblem("--name", "a", "x"));
        assertEquals(
                "\"false\" is not a flag: write --client-cert-auth=false",
                read("--client-cert-auth", "false").problems().getFirst());
        assertEquals("\"---name\" is not a flag", onlyProblem("---name"));
        assertEquals(
                "auto-tls: \"maybe\" is neither true nor false (set by --auto-tls)", onlyProblem("--auto-tls=maybe"));
    }

    @Test
    void precedence() throws IOException {
        Path file = folder.resolve("metastore.properties");
        Files.writeString(file, """
                # a comment
                name=file
                metastore.initial-cluster-token: file
                max-txn-ops = 1
                metastore.batch.commands=1
                snapshot-count=1
                """);
        Properties properties = new Properties();
        properties.setProperty("metastore.name", "property");
        properties.setProperty("metastore.max-txn-ops", "4");
        properties.setProperty("user.name", "someone");
        Settings settings = Settings.read(
                List.of("--name", "flag"),
                Map.of(
                        "ETCD_CONFIG_FILE", file.toString(),
                        "ETCD_NAME", "etcd",
                        "ETCD_INITIAL_CLUSTER_TOKEN", "etcd",
                        "METASTORE_NAME", "metastore",
                        "METASTORE_MAX_TXN_OPS", "3",
                        "ETCD_MAX_TXN_OPS", "2",
                        "METASTORE_BATCH_COMMANDS", "3",
                        "METASTORE_LOG_LEVEL", ""),
                properties);
        assertEquals(List.of(), settings.problems());
        ServerConfig config = settings.config().orElseThrow();
        assertEquals("flag", config.member().name());
        assertEquals(4, config.limits().maxTxnOps());
        assertEquals("etcd", config.cluster().initialClusterToken());
        assertEquals(3, config.batch().commands());
        assertEquals(1, config.member().snapshotCount());
        assertEquals("--name", origin(settings, "metastore.name"));
        assertEquals("-Dmetastore.max-txn-ops", origin(settings, "metastore.max-txn-ops"));
        assertEquals("ETCD_INITIAL_CLUSTER_TOKEN", origin(settings, "metastore.initial-cluster-token"));
        assertEquals("METASTORE_BATCH_COMMANDS", origin(settings, "metastore.batch.commands"));
        assertEquals(file + ": snapshot-count", origin(settings, "metastore.snapshot-count"));
        assertEquals("default", origin(settings, "metastore.log-level"));
        assertEquals(
                List.of(
                        "ETCD_MAX_TXN_OPS=2 and METASTORE_MAX_TXN_OPS=3 contradict each other: METASTORE_MAX_TXN_OPS counts",
                        "ETCD_NAME=etcd and METASTORE_NAME=metastore contradict each other: METASTORE_NAME counts"),
                settings.warnings().stream().sorted().toList());
    }

    private static String origin(Settings settings, String key) {
        return settings.values().stream()
                .filter(value -> value.key().name().equals(key))
                .map(Settings.Value::origin)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void unknownNamesElsewhere() throws IOException {
        Path file = folder.resolve("f.properties");
        Files.writeString(file, "nmae=x\n");
        assertEquals(
                "unknown key \"nmae\" in " + file + "; the nearest known is name",
                onlyProblem("--config-file", file.toString()));
        Path yaml = folder.resolve("f.yaml");
        Files.writeString(yaml, "name: x\n");
        assertTrue(onlyProblem("--config-file", yaml.toString()).contains("YAML and JSON are not there yet"));
        assertTrue(onlyProblem("--config-file", "/does/not/exist").endsWith("does not exist"));
        Settings settings = Settings.read(
                List.of(),
                Map.of(
                        "ETCD_NMAE", "x",
                        "METASTORE_BATCH_COMMAND", "x",
                        "METASTORE_PORT_2379_TCP_ADDR", "10.0.0.1",
                        "METASTORE_SERVICE_HOST", "10.0.0.1",
                        "METASTORE_JAVA_OPTS", "-Xmx1g"),
                new Properties());
        assertEquals(List.of(), settings.problems());
        assertEquals(
                List.of(
                        "unknown variable ETCD_NMAE changes nothing; the nearest known is ETCD_NAME",
                        "unknown variable METASTORE_BATCH_COMMAND changes nothing; the nearest known is METASTORE_BATCH_COMMANDS"),
                settings.warnings());
    }

    @Test
    void allProblemsAreReportedTogether() {
        Settings settings =
                read("--nmae=x", "--metastore.batch.commands=0", "--wal-dir=/wal", "--election-timeout=60000");
        assertEquals(
                List.of(
                        "unknown flag --nmae; the nearest known is --name",
                        "--wal-dir: \"/wal\": a folder of its own for the raft log is not there yet; it lies below data-dir",
                        "election-timeout: \"60000\" is out of range: it must be from 5ms to 50s (set by --election-timeout)",
                        "batch.commands: \"0\" is out of range: it must be from 1 to 10000 (set by --metastore.batch.commands)"),
                settings.problems());
        assertTrue(settings.config().isEmpty());
        assertTrue(settings.warnings().isEmpty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--election-timeout=499|election-timeout: 499 ms is less than five times heartbeat-interval (100 ms)",
                "--heartbeat-interval=0|must be from 1ms to 10s",
                "--heartbeat-interval=9223372036854775807|is longer than 292 years",
                "--metastore.batch.commands=10001|must be from 1 to 10000",
                "--metastore.batch.commands=many|is not a whole number",
                "--metastore.batch.time=1|is not a duration",
                "--metastore.queue.bytes=1|must be from 64KiB to 16GiB",
                "--metastore.batch.bytes=8MiB|is more than may be in flight",
                "--metastore.queue.commands=50|is more than the queue holds",
                "--max-request-bytes=0|must be at least 1",
                "--listen-client-urls=127.0.0.1:2379|is not a URL",
                "--listen-client-urls=localhost:2379|needs the scheme http or https",
                "--listen-client-urls=ftp://x:1|needs the scheme http or https",
                "--listen-client-urls=http://localhost|needs a port",
                "--listen-client-urls=http://localhost:99999|needs a port",
                "--listen-client-urls=http://localhost:1/x|must end after the port",
                "--listen-client-urls=http://example.org:1|must name an IP address or localhost",
                "--listen-client-urls=http://etcd_1:1|must name an IP address or localhost",
                "--advertise-client-urls=http://etcd_1|has no host",
                "--advertise-client-urls=http://etcd_1:70000|needs a port",
                "--listen-client-urls=https://localhost:1|https needs cert-file",
                "--listen-client-urls=http://me:hidden@localhost:1|\"http://********@localhost:1\" must not hold a user",
                "--initial-cluster=a=http://localhost:2380|does not name this member, \"default\" (it names a)",
                "--initial-cluster=default=http://localhost:1|initial-advertise-peer-urls is http://localhost:2380",
                "--initial-cluster=http://localhost:2380|is not of the form name=",
                "--initial-cluster-state=existing|needs initial-cluster with the members that are there",
                "--listen-peer-urls=https://localhost:1|\"https://localhost:1\": https needs peer-cert-file and peer-key-file",
                "--auto-compaction-mode=sometimes|must be one of periodic, revision",
                "--auto-compaction-retention=x|auto-compaction-retention: \"x\" is not a duration",
                "--auto-compaction-retention=-1h|must not be negative",
                "--log-level=loud|must be one of debug, info",
                "--listen-client-urls=unix:///run/x|unix sockets are not there yet: write http://host:port",
                "--listen-client-urls=unix://x:1|unix sockets are not there yet: write http://host:port",
                "--listen-peer-urls=unix://x:1|unix sockets are not there yet: write http://host:port",
                "--listen-metrics-urls=unix://x:1|unix sockets are not there yet: write http://host:port",
                "--log-outputs=,|log-outputs",
                "--name=${metastore.nmae}|leads nowhere",
            })
    void refusedValues(String flag, String objection) {
        Settings settings = read(flag);
        assertTrue(
                settings.problems().stream().anyMatch(problem -> problem.contains(objection)),
                settings.problems().toString());
        assertFalse(settings.problems().toString().contains("hidden"));
    }

    @Test
    void rulesOfTls() {
        String https = "--listen-client-urls=https://localhost:2379";
        assertTrue(
                read(https, "--cert-file=/does/not/exist").problems().toString().contains("TLS needs both"));
        assertTrue(read(https, "--auto-tls", "--client-cert-auth")
                .problems()
                .toString()
                .contains("needs trusted-ca-file"));
        assertTrue(onlyProblem(https, "--auto-tls", "--trusted-ca-file=/does/not/exist")
                .contains("cannot be read"));
        assertTrue(onlyProblem(https, "--auto-tls", "--self-signed-cert-validity=0")
                .contains("needs at least 1"));
        assertTrue(onlyProblem("--tls-min-version=TLS1.3", "--tls-max-version=TLS1.2")
                .contains("below tls-min-version"));
        assertTrue(
                onlyProblem("--tls-min-version=TLS1.3", "--cipher-suites=A,B").contains("cannot be chosen"));
        assertEquals(
                List.of("A", "B"),
                good("--cipher-suites=A,B").tls().cipherSuites().orElseThrow());
        good("--listen-client-urls=https://localhost:2379", "--auto-tls");
    }

    @Test
    void rulesOfTlsBetweenMembers() throws IOException {
        String https = "--listen-peer-urls=https://localhost:2380";
        String file = Files.writeString(folder.resolve("some.pem"), "").toString();
        String cert = "--peer-cert-file=" + file;
        String key = "--peer-key-file=" + file;
        assertEquals(
                "peer-cert-file and peer-key-file: one is set and the other is not; TLS needs both",
                onlyProblem(https, cert));
        assertEquals(
                "peer-client-cert-file and peer-client-key-file: one is set and the other is not; TLS needs both",
                onlyProblem(https, cert, key, "--peer-client-key-file=" + file));
        for (String name : List.of("peer-trusted-ca-file", "peer-crl-file")) {
            assertEquals(
                    name + ": \"/does/not/exist\" cannot be read",
                    onlyProblem(https, cert, key, "--" + name + "=/does/not/exist"));
        }
        assertEquals(
                "peer-client-cert-auth: needs peer-trusted-ca-file, else no certificate of a member could be believed",
                onlyProblem(https, cert, key, "--peer-client-cert-auth"));
        assertEquals(
                "peer-cert-allowed-cn (a,b) and peer-cert-allowed-hostname (c): both are set; take away one of them",
                onlyProblem(
                        https,
                        cert,
                        key,
                        "--peer-trusted-ca-file=" + file,
                        "--peer-cert-allowed-cn=a,b",
                        "--peer-cert-allowed-hostname=c"));
        assertEquals(
                "self-signed-cert-validity: \"0\" is out of range: peer-auto-tls needs at least 1",
                onlyProblem(https, "--peer-auto-tls", "--self-signed-cert-validity=0"));
    }

    @Test
    void tlsBetweenMembersThatIsAccepted() throws IOException {
        String file = Files.writeString(folder.resolve("some.pem"), "").toString();
        String[] secure = {
            "--listen-peer-urls=https://localhost:2380",
            "--initial-advertise-peer-urls=https://localhost:2380",
            "--initial-cluster=default=https://localhost:2380",
            "--peer-cert-file=" + file,
            "--peer-key-file=" + file
        };
        assertEquals(List.of(), warnings(secure));
        assertEquals(
                List.of(),
                warnings(with(
                        secure,
                        "--peer-trusted-ca-file=" + file,
                        "--peer-client-cert-auth",
                        "--peer-cert-allowed-cn=a,b",
                        "--peer-crl-file=" + file,
                        "--peer-client-cert-file=" + file,
                        "--peer-client-key-file=" + file,
                        "--peer-skip-client-san-verification")));
        assertEquals(
                List.of(
                        "peer-cert-allowed-cn, peer-crl-file: members that connect are asked for no certificate, so this"
                                + " holds for those that are dialed only; set peer-trusted-ca-file"),
                warnings(with(secure, "--peer-cert-allowed-cn=a,b", "--peer-crl-file=" + file)));
        assertEquals(
                List.of("peer-auto-tls: ignored, because peer-cert-file or peer-key-file is set"),
                warnings(with(secure, "--peer-auto-tls")));
        assertEquals(
                List.of(
                        "peer-client-cert-auth, peer-trusted-ca-file: ignored, because nobody has signed the certificates"
                                + " of peer-auto-tls: whoever reaches listen-peer-urls is let in; set peer-cert-file and"
                                + " peer-key-file"),
                warnings(
                        secure[0],
                        secure[1],
                        "--peer-auto-tls",
                        "--peer-client-cert-auth",
                        "--peer-trusted-ca-file=/does/not/exist"));
        assertEquals(
                List.of("TLS between members is set up, but no address of listen-peer-urls (http://localhost:2380) is"
                        + " https: members that connect speak in the clear, and nobody asks them for a certificate"),
                warnings("--peer-client-cert-auth"));
        assertEquals(
                List.of("initial-advertise-peer-urls: \"https://localhost:2380\" tells members to speak TLS, which no"
                        + " address of listen-peer-urls (http://localhost:2380) does"),
                warnings("--initial-advertise-peer-urls=https://localhost:2380"));
    }

    private static String[] with(String[] flags, String... more) {
        return Stream.concat(Arrays.stream(flags), Arrays.stream(more)).toArray(String[]::new);
    }

    private static List<String> warnings(String... flags) {
        Settings settings = read(flags);
        assertEquals(List.of(), settings.problems());
        return settings.warnings();
    }

    @Test
    void acceptedValues() {
        ServerConfig config = good(
                "--name=m1",
                "--initial-advertise-peer-urls=http://10.0.0.1:2380",
                "--initial-cluster=m1=http://10.0.0.1:2380",
                "--listen-client-urls=http://0.0.0.0:2379,http://[::1]:2479",
                "--advertise-client-urls=http://m1.example.org:2379",
                "--listen-metrics-urls=http://127.0.0.1:2381",
                "--auto-compaction-retention=5m",
                "--grpc-keepalive-interval=1h30m",
                "--watch-progress-notify-interval=0",
                "--quota-backend-bytes=8589934592",
                "--metastore.queue.bytes=64m");
        EffectiveConfig effective = new EffectiveConfig(config);
        assertEquals(new Retention.Periodic(Duration.ofMinutes(5)), effective.retention());
        assertEquals(Duration.ofMinutes(10), effective.watchProgressNotifyInterval());
        assertEquals(Duration.ofMinutes(90), config.limits().grpcKeepaliveInterval());
        assertEquals(
                new Retention.Revisions(1000),
                new EffectiveConfig(good("--auto-compaction-mode=revision", "--auto-compaction-retention=1000"))
                        .retention());
        assertEquals(
                new Retention.Periodic(Duration.ofHours(8)),
                new EffectiveConfig(good("--auto-compaction-retention=8")).retention());
        assertEquals(OptionalLong.empty(), new EffectiveConfig(good("--quota-backend-bytes=-1")).quotaBytes());
    }
}
