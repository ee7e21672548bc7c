package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/// jetcd, the Java client that people use. Its tests are a Maven project of their own, `src/test/jetcd`, run here
/// in a process of its own: jetcd 0.8.6 needs Vert.x 5, and the class path of this project has Vert.x 4.
@BlackBox
class JetcdIT {
    private static final String PASSED = "passed";

    /// The first run on a machine fetches jetcd and what it needs.
    private static final long LIMIT_MINUTES = 10;

    @Test
    @Timeout(value = LIMIT_MINUTES + 1, unit = TimeUnit.MINUTES)
    void keysTransactionsWatchesAndLeases(Member member) throws Exception {
        Path home = Path.of(System.getProperty("metastore.home", ".")).toAbsolutePath();
        Path output = home.resolve("target/jetcd.log");
        Path report = home.resolve("target/jetcd/surefire-reports/TEST-io.metastore.jetcd.JetcdTest.xml");
        Files.deleteIfExists(report);

        int status = run(commandLine(home, member), output);

        String shown = "exit status " + status + ", output:\n" + Files.readString(output);
        Map<String, String> expected = new TreeMap<>();
        for (String test : List.of(
                "keysAndOldRevisions",
                "sortedLimitedCounted",
                "transactions",
                "watchesFromThePastAndOn",
                "compactedHistoryIsRefused",
                "leasesAndTheirKeys",
                "aLeaseIsKeptAliveByAStream")) {
            expected.put(test, PASSED);
        }
        assertEquals(expected, Files.exists(report) ? outcomes(report) : Map.of(), shown);
        assertEquals(0, status, shown);
    }

    private static List<String> commandLine(Path home, Member member) {
        List<String> line = new ArrayList<>(List.of(
                home.resolve("mvnw").toString(),
                "-B",
                "-ntp",
                "-f",
                home.resolve("src/test/jetcd/pom.xml").toString(),
                "test",
                "-Dendpoint=http://" + member.endpoint()));
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
        Process process = new ProcessBuilder(commandLine)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
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
