package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients in Python, by gRPC and by JSON over HTTP, and for Node.js as people get them, by `pip` and `npm`. Their
/// scripts are in `src/test/clients`.
/// Skipped where the language or the registry of its packages is not to be had.
@BlackBox
@Timeout(300)
class OtherClientsIT {
    private static final Path HOME = Path.of(System.getProperty("metastore.home", "."));
    private static final Path SCRIPTS = HOME.resolve("src/test/clients");
    private static final Path INSTALLED = HOME.resolve("target/clients");

    @Test
    void pythons() throws Exception {
        Path folder = INSTALLED.resolve("python");
        String python = folder.resolve("bin/python").toString();
        if (!Files.exists(folder.resolve("complete"))) {
            installed("a Python to make an environment with", "python3", "-m", "venv", folder.toString());
            installed(
                    "the Python client and what it needs",
                    python,
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--only-binary=grpcio",
                    "--requirement",
                    SCRIPTS.resolve("python/requirements.txt").toString());
            Files.createFile(folder.resolve("complete"));
        }
        try (Member member = Member.startOwn("--bcrypt-cost=4")) {
            String[] address = member.endpoint().split(":");
            for (String script : List.of("python/check_http.py", "python/check.py")) {
                asExpected(python, SCRIPTS.resolve(script).toString(), address[0], address[1]);
            }
        }
    }

    @Test
    void nodes() throws Exception {
        Path folder = Files.createDirectories(INSTALLED.resolve("node"));
        for (String file : List.of("package.json", "check.js")) {
            Files.writeString(folder.resolve(file), Files.readString(SCRIPTS.resolve("node/" + file)));
        }
        if (!Files.exists(folder.resolve("complete"))) {
            installed(
                    "the client for Node.js and what it needs",
                    "npm",
                    "install",
                    "--silent",
                    "--no-audit",
                    "--no-fund",
                    "--prefix",
                    folder.toString());
            Files.createFile(folder.resolve("complete"));
        }
        try (Member member = Member.startOwn("--bcrypt-cost=4")) {
            asExpected("node", folder.resolve("check.js").toString(), member.endpoint());
        }
    }

    private record Ended(int status, String said) {}

    private static Ended run(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes());
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(List.of(words) + " has closed its output and does not end");
        }
        return new Ended(process.exitValue(), said);
    }

    /// Skips the test unless the program that installs something ends well.
    private static void installed(String what, String... words) throws InterruptedException {
        Ended ended;
        try {
            ended = run(words);
        } catch (IOException absent) {
            ended = new Ended(-1, absent.getMessage());
        }
        String said = ended.said();
        Assumptions.assumeTrue(ended.status() == 0, () -> what + " cannot be had: " + said);
    }

    private static void asExpected(String... words) throws Exception {
        Ended ended = run(words);
        assertEquals(0, ended.status(), ended::said);
        assertTrue(ended.said().endsWith("all as expected\n"), ended::said);
    }
}
