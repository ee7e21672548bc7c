package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.server.tls.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/// jetcd, the Java client that people use. Its tests are a Maven project of their own, `src/test/jetcd`, run here
/// in a process of its own: jetcd 0.8.6 needs Vert.x 5, and the class path of this project has Vert.x 4.
@BlackBox
class JetcdIT {
    private static final String PASSED = "passed";

    /// The first run on a machine fetches jetcd and what it needs.
    private static final long LIMIT_MINUTES = 10;

    @TempDir
    private Path folder;

    @Test
    @Timeout(value = LIMIT_MINUTES + 1, unit = TimeUnit.MINUTES)
    void keysTransactionsWatchesAndLeases(Member member) throws Exception {
        String url = "http://" + member.endpoint();
        try (Others others = new Others(url, List.of(), List.of())) {
            passes(List.of("-Dendpoint=" + url));
        }
    }

    @Test
    @Timeout(value = LIMIT_MINUTES + 1, unit = TimeUnit.MINUTES)
    void usersLocksAndElections() throws Exception {
        try (Member member = Member.startOwn("--bcrypt-cost=4")) {
            passes(
                    "JetcdAuthTest",
                    List.of("usersSeeWhatTheyMay", "locksAndElections"),
                    List.of("-Dendpoint=http://" + member.endpoint()));
        }
    }

    @ParameterizedTest
    @CsvSource({"TLS1.2, false", "TLS1.3, true"})
    @Timeout(value = LIMIT_MINUTES + 1, unit = TimeUnit.MINUTES)
    void overTls(String version, boolean mutual) throws Exception {
        TestAuthority authority = new TestAuthority(folder, "authority");
        List<String> flags = new ArrayList<>(List.of("--tls-min-version=" + version, "--tls-max-version=" + version));
        if (mutual) {
            flags.addAll(List.of("--client-cert-auth=true", "--trusted-ca-file=" + authority.certFile));
        }
        TestAuthority.Issued own = authority.issue("java");
        try (SecureMember secure = new SecureMember(authority, flags.toArray(String[]::new));
                Others others = new Others(
                        secure.url(),
                        List.of("--cacert", authority.certFile.toString()),
                        List.of(
                                "--cert", own.certFile().toString(),
                                "--key", own.keyFile().toString()))) {
            List<String> properties =
                    new ArrayList<>(List.of("-Dendpoint=" + secure.url(), "-Dcacert=" + authority.certFile));
            if (mutual) {
                properties.addAll(List.of("-Dcert=" + own.certFile(), "-Dkey=" + own.keyFile()));
            }
            passes(properties);
        }
    }

    /// The client knows all members and none of them is special to it.
    @Test
    @Timeout(value = LIMIT_MINUTES + 1, unit = TimeUnit.MINUTES)
    void theLeaderOfThreeIsKilled() throws Exception {
        Path ready = folder.resolve("ready");
        Path killed = folder.resolve("killed");
        AtomicBoolean over = new AtomicBoolean();
        try (Cluster cluster = Cluster.start(3);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Optional<Member>> killer = threads.submit(() -> {
                Eventually.holds(
                        "jetcd writes", Duration.ofMinutes(LIMIT_MINUTES), () -> over.get() || Files.exists(ready));
                if (over.get()) {
                    return Optional.empty();
                }
                Member leader = cluster.leader();
                leader.kill();
                Files.writeString(killed, "killed");
                return Optional.of(leader);
            });
            try {
                passes(
                        "JetcdClusterTest",
                        List.of("writesWatchAndLeaseOutliveTheLeader"),
                        List.of(
                                "-Dendpoints="
                                        + cluster.members().stream()
                                                .map(member -> "http://" + member.endpoint())
                                                .collect(Collectors.joining(",")),
                                "-Dready=" + ready,
                                "-Dkilled=" + killed));
            } finally {
                over.set(true);
            }
            Member victim = killer.get(60, TimeUnit.SECONDS).orElseThrow();
            victim.restart();
            cluster.hashesAgree(cluster.leader().client().revision());
        }
    }

    /// curl and, where there is one, etcdctl: they use the same URL as jetcd while it does, one after the other. They
    /// write nothing: jetcd's tests count revisions.
    private static final class Others implements AutoCloseable {
        private final ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor();
        private final AtomicBoolean stop = new AtomicBoolean();
        private final Future<Integer> rounds;

        /// @param trust, identity  flags that curl and etcdctl share
        Others(String url, List<String> trust, List<String> identity) {
            List<List<String>> lines = new ArrayList<>();
            lines.add(line(List.of("curl", "--silent", "--fail", "--http1.1", url + "/health"), trust, identity));
            String etcdctl = System.getProperty("metastore.etcdctl");
            if (etcdctl != null) {
                // A busy machine is not what is tested here.
                List<String> patient = List.of("--dial-timeout=20s", "--command-timeout=30s");
                lines.add(
                        line(List.of(etcdctl, "--endpoints=" + url), patient, trust, identity, List.of("get", "any")));
            }
            rounds = thread.submit(() -> repeat(lines));
        }

        @SafeVarargs
        private static List<String> line(List<String>... parts) {
            return Stream.of(parts).flatMap(List::stream).toList();
        }

        private int repeat(List<List<String>> lines) throws Exception {
            int times = 0;
            while (!stop.get()) {
                for (List<String> line : lines) {
                    SecureMember.Ended ended = SecureMember.run(line);
                    assertEquals(0, ended.status(), () -> line + ": " + ended.said());
                }
                times++;
            }
            return times;
        }

        @Override
        public void close() throws Exception {
            stop.set(true);
            try (thread) {
                assertTrue(rounds.get(60, TimeUnit.SECONDS) > 0);
            }
        }
    }

    private static void passes(List<String> properties) throws Exception {
        passes(
                "JetcdTest",
                List.of(
                        "keysAndOldRevisions",
                        "sortedLimitedCounted",
                        "transactions",
                        "watchesFromThePastAndOn",
                        "compactedHistoryIsRefused",
                        "leasesAndTheirKeys",
                        "aLeaseIsKeptAliveByAStream"),
                properties);
    }

    /// Runs a class of jetcd's tests; each has to pass.
    private static void passes(String name, List<String> tests, List<String> properties) throws Exception {
        Path home = Path.of(System.getProperty("metastore.home", ".")).toAbsolutePath();
        Path output = home.resolve("target/jetcd.log");
        Path report = home.resolve("target/jetcd/surefire-reports/TEST-io.metastore.jetcd." + name + ".xml");
        Files.deleteIfExists(report);

        List<String> all = new ArrayList<>(List.of("-Dtest=" + name));
        all.addAll(properties);
        int status = run(commandLine(home, all), output);

        String shown = "exit status " + status + ", output:\n" + Files.readString(output);
        Map<String, String> expected = new TreeMap<>();
        tests.forEach(test -> expected.put(test, PASSED));
        assertEquals(expected, Files.exists(report) ? outcomes(report) : Map.of(), shown);
        assertEquals(0, status, shown);
    }

    private static List<String> commandLine(Path home, List<String> properties) {
        List<String> line = new ArrayList<>(List.of(
                home.resolve("mvnw").toString(),
                "-B",
                "-ntp",
                "-f",
                home.resolve("src/test/jetcd/pom.xml").toString(),
                "test"));
        line.addAll(properties);
        String repository = System.getProperty("metastore.maven.repository");
        if (repository != null) {
            line.add("-Dmaven.repo.local=" + repository);
        }
        if ("offline=true".equals(System.getProperty("metastore.maven.offline"))) {
            line.add("-o");
        }
        return line;
    }

    private static int run(List<String> commandLine, Path output) throws IOException, InterruptedException {
        ProcessBuilder maven =
                new ProcessBuilder(commandLine).redirectErrorStream(true).redirectOutput(output.toFile());
        // A build of seconds gains nothing from the second compiler and pays for it on a machine with few cores.
        maven.environment().put("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
        Process process = maven.start();
        try {
            if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
                throw new AssertionError("no end after " + LIMIT_MINUTES + " minutes:\n" + Files.readString(output));
            }
            return process.exitValue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /// Tests of a report in Surefire's format, each with "passed" or the name of the element that says otherwise
    /// (failure, error, skipped).
    private static Map<String, String> outcomes(Path report) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
        Map<String, String> outcomes = new TreeMap<>();
        var cases = document.getElementsByTagName("testcase");
        for (int i = 0; i < cases.getLength(); i++) {
            Element test = (Element) cases.item(i);
            String outcome = PASSED;
            for (String other : List.of("failure", "error", "skipped")) {
                if (test.getElementsByTagName(other).getLength() > 0) {
                    outcome = other;
                }
            }
            outcomes.put(test.getAttribute("name"), outcome);
        }
        return outcomes;
    }
}
