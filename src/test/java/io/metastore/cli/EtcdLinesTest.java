package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.server.EffectiveConfig;
import io.metastore.server.ServerConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Lines copied from somebody who runs etcd: what they mean there they mean here. Each was tried on etcd 3.7.3.
class EtcdLinesTest {
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

    /// What etcd 3.7.3 was seen to start with; what of it is unwise is said, and no more than that.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--listen-client-urls=http://0.0.0.0:1 --advertise-client-urls=http://0.0.0.0:1|no address for others",
                "--listen-client-urls=http://[::]:1 --advertise-client-urls=http://[::]:1|no address for others",
                "--initial-advertise-peer-urls=http://0.0.0.0:1 --initial-cluster=default=http://0.0.0.0:1|no address",
                "--listen-client-urls=http://localhost:1,http://localhost:1|--listen-client-urls: names \"http://localhost:1\"",
                "--listen-client-urls=http://localhost:1,HTTP://LOCALHOST:1|more than once: once is enough",
                "--listen-peer-urls=http://localhost:1,http://localhost:1|more than once: once is enough",
                "--listen-metrics-urls=http://localhost:1,http://localhost:1|more than once: once is enough",
                "--advertise-client-urls=http://h:1,http://h:1,http://h:1|more than once: once is enough",
                "--initial-advertise-peer-urls=http://h:1,http://h:1|more than once: once is enough",
                "--log-outputs=stdout,stdout|names \"stdout\" more than once",
                "--log-outputs=default,default|more than once: once is enough",
                "--log-outputs=a.log,a.log|more than once: once is enough",
                "--log-outputs=systemd/journal|log lines go to stderr, which systemd collects",
                "--log-outputs=stdout,stderr|",
                "--log-outputs=a.log,b.log|",
                "--log-outputs=a.log,stderr|",
                "--log-level=WARN|",
                "--log-level=FATAL|",
                "--log-level=Panic|",
                "--log-level=DPANIC|",
                "--log-level=warning|",
                "--metrics=Extensive|",
                "--metrics=foo|\"foo\" counts as basic",
                "--client-cert-auth|clients speak in the clear, and nobody asks them for a certificate",
                "--trusted-ca-file=/does/not/exist|clients speak in the clear",
                "--cert-file=/does/not/exist|clients speak in the clear",
                "--key-file=/does/not/exist|clients speak in the clear",
                "--client-crl-file=/does/not/exist|clients speak in the clear",
                "--peer-client-cert-auth|members that connect speak in the clear, and nobody asks them for a certificate",
                "--peer-crl-file=/does/not/exist|members that connect speak in the clear",
                "--peer-cert-allowed-cn=a --peer-cert-allowed-hostname=b|members that connect speak in the clear",
                "--peer-auto-tls|members that connect speak in the clear",
                "--peer-client-cert-file=/does/not/exist|",
                "--listen-peer-urls=https://127.0.0.1:1 --initial-advertise-peer-urls=https://h:1 --peer-auto-tls|",
                "--self-signed-cert-validity=0|",
                "--self-signed-cert-validity=1000|",
                "--advertise-client-urls=http://etcd_1:2379|",
                "--advertise-client-urls=http://h:1, http://i:1|",
                "--initial-advertise-peer-urls=http://a_b:1 --initial-cluster=default=http://a_b:1|",
                "--initial-cluster=default=http://localhost:2380,|",
                "--max-request-bytes=104857600|is more than queue.bytes (67108864), so the queue holds 104857600",
                "--max-request-bytes=2147483648|counts as 536870912",
                "--max-txn-ops=0|refuses every transaction",
                "--max-txn-ops=4294967296|",
                "--max-concurrent-streams=0|",
                "--snapshot-count=18446744073709551615|",
                "--compaction-batch-limit=-1|",
                "--compaction-batch-limit=10000000|counts as 1000000",
                "--compaction-sleep-interval=2h|",
                "--compaction-sleep-interval=-1s|",
                "--grpc-keepalive-min-time=-1s|",
                "--grpc-keepalive-interval=-1s|",
                "--grpc-keepalive-timeout=-1s|",
                "--watch-progress-notify-interval=-1s|",
                "--warning-apply-duration=-1s|",
                "--warning-unary-request-duration=-1s|",
                "--auto-compaction-mode=revision --auto-compaction-retention=1h|nothing will be compacted",
                "--auto-compaction-mode=revision --auto-compaction-retention=+5|",
                "--host-whitelist=*,a|",
                "--cors=http://a:1,http://a:1|once is enough",
            })
    void whatStartsEtcdStartsMetaStore(String flags, String warning) {
        Settings settings = read(flags.split(" (?=--)"));
        assertEquals(List.of(), settings.problems());
        assertTrue(settings.config().isPresent());
        if (warning == null) {
            assertEquals(List.of(), settings.warnings());
        } else {
            assertTrue(
                    settings.warnings().stream().anyMatch(sentence -> sentence.contains(warning)),
                    settings.warnings().toString());
        }
    }

    @Test
    void whatIsNamedTwiceIsThereOnce() {
        ServerConfig config = good(
                "--listen-client-urls=http://localhost:1, http://localhost:2,HTTP://localhost:1",
                "--log-outputs=stdout,a,stdout");
        assertEquals(
                List.of(URI.create("http://localhost:1"), URI.create("http://localhost:2")),
                config.listen().listenClientUrls());
        assertEquals(List.of("stdout", "a"), config.logging().logOutputs());
        assertEquals("warn", good("--log-level=WARN").logging().logLevel());
        assertEquals("json", good("--log-format=JSON").logging().logFormat());
        assertEquals(
                "periodic", good("--auto-compaction-mode=Periodic").compaction().autoCompactionMode());
        Settings variable = Settings.read(List.of(), Map.of("ETCD_LOG_LEVEL", "WARN"), new Properties());
        assertEquals(List.of(), variable.problems());
    }

    /// A member that has its data does not join anything: etcd looks at the flag no more.
    @Test
    void anExistingClusterIsNoMatterToWhoHasItsData() throws IOException {
        String dataDir = "--data-dir=" + folder;
        assertTrue(onlyProblem(dataDir, "--initial-cluster-state=existing")
                .contains("needs initial-cluster with the members that are there"));
        Files.createDirectories(folder.resolve("member").resolve("raft"));
        good(dataDir, "--initial-cluster-state=existing");
    }

    /// Every flag that holds a number, with each spelling of Go's flag package.
    @ParameterizedTest
    @CsvSource({
        "0x200,512",
        "0X200,512",
        "0o1000,512",
        "0O1000,512",
        "01000,512",
        "0_1000,512",
        "0b1000000000,512",
        "0B10_0000_0000,512",
        "5_12,512",
        "+512,512",
        "0x_200,512",
        "512,512"
    })
    void numbersAsGoReadsThem(String text, long value) {
        ServerConfig config = good(
                "--quota-backend-bytes=" + text,
                "--max-request-bytes=" + text,
                "--max-txn-ops=" + text,
                "--max-concurrent-streams=" + text,
                "--snapshot-count=" + text,
                "--compaction-batch-limit=" + text,
                "--election-timeout=" + text,
                "--self-signed-cert-validity=" + text,
                "--metastore.batch.commands=" + text);
        assertEquals(value, config.limits().quotaBackendBytes());
        assertEquals(value, config.limits().maxRequestBytes());
        assertEquals(value, config.limits().maxTxnOps());
        assertEquals(value, config.limits().maxConcurrentStreams());
        assertEquals(value, config.member().snapshotCount());
        assertEquals(value, config.compaction().compactionBatchLimit());
        assertEquals(Duration.ofMillis(value), config.member().electionTimeout());
        assertEquals(value, config.tls().selfSignedCertValidity());
        assertEquals(value, config.batch().commands());
        assertEquals(
                Duration.ofMillis(10), good("--heartbeat-interval=0xa").member().heartbeatInterval());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1__0", "_10", "10_", "08", "0x", "0o8", "0b2", "1e3", "--5", "1.0", "9223372036854775807000"})
    void noNumbers(String text) {
        for (String flag : List.of(
                "--quota-backend-bytes",
                "--max-request-bytes",
                "--max-txn-ops",
                "--max-concurrent-streams",
                "--snapshot-count",
                "--compaction-batch-limit",
                "--heartbeat-interval",
                "--self-signed-cert-validity")) {
            String problem = onlyProblem(flag + "=" + text);
            assertTrue(problem.startsWith(flag.substring(2) + ": \"" + text + "\" "), problem);
        }
        assertTrue(onlyProblem("--max-txn-ops=08").contains("write 1000, 1_000 or 0x3e8; a 0 in front makes it octal"));
        assertEquals(-5, good("--quota-backend-bytes=-0x5").limits().quotaBackendBytes());
    }

    /// Every switch, with each word of Go's strconv.ParseBool.
    @Test
    void switchesAsGoReadsThem() {
        for (String word : List.of("1", "t", "T", "TRUE", "true", "True")) {
            ServerConfig.Tls tls =
                    good("--client-cert-auth=" + word, "--auto-tls=" + word).tls();
            assertTrue(tls.clientCertAuth() && tls.autoTls(), word);
            assertTrue(good("--force-new-cluster=" + word).cluster().forceNewCluster());
            assertTrue(read("--version=" + word).version());
        }
        for (String word : List.of("0", "f", "F", "FALSE", "false", "False")) {
            ServerConfig.Tls tls =
                    good("--client-cert-auth=" + word, "--auto-tls=" + word).tls();
            assertFalse(tls.clientCertAuth() || tls.autoTls(), word);
            assertFalse(good("--force-new-cluster=" + word).cluster().forceNewCluster());
            assertFalse(read("--version=" + word).version());
        }
        for (String word : List.of("tRUE", "yes", "on", "2")) {
            assertTrue(onlyProblem("--auto-tls=" + word).contains("\"" + word + "\" is neither true nor false"));
        }
    }

    @Test
    void zeroAndLessForDurations() {
        EffectiveConfig config = new EffectiveConfig(good(
                "--grpc-keepalive-timeout=0",
                "--grpc-keepalive-interval=-1s",
                "--grpc-keepalive-min-time=-1s",
                "--watch-progress-notify-interval=-1s",
                "--compaction-sleep-interval=-1s",
                "--compaction-batch-limit=-1",
                "--max-concurrent-streams=0",
                "--max-request-bytes=2147483648"));
        assertEquals(Duration.ofSeconds(20), config.grpcKeepaliveTimeout());
        assertEquals(Duration.ZERO, config.grpcKeepaliveInterval());
        assertEquals(Duration.ZERO, config.grpcKeepaliveMinTime());
        assertEquals(Duration.ofMinutes(10), config.watchProgressNotifyInterval());
        assertEquals(Duration.ZERO, config.compactionSleepInterval());
        assertEquals(1_000_000, config.compactionBatchLimit());
        assertEquals(Integer.MAX_VALUE, config.maxConcurrentStreams());
        assertEquals(512 << 20, config.queueBytes());
        assertEquals(
                Duration.ofMillis(10),
                new EffectiveConfig(good("--compaction-sleep-interval=0")).compactionSleepInterval());
    }
}
