package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// etcd's command-line client, run against one member. The program is the one that `-Dmetastore.etcdctl=` names,
/// or else the variable `ETCDCTL_BIN`.
///
/// @param program  the executable
/// @param endpoint `host:port`
record Etcdctl(Path program, String endpoint) {

    private static final long PATIENCE_SECONDS = Client.PATIENCE.toSeconds();

    /// What a finished run left behind.
    record Ended(int status, String out, String err) {}

    /// The program for a member. A name that leads to no executable is an error: somebody wanted these tests.
    static Etcdctl against(Member member) {
        Path program = Path.of(named());
        assertTrue(Files.isExecutable(program), () -> "not an executable file: " + program);
        return new Etcdctl(program, member.endpoint());
    }

    /// Whether somebody has said which etcdctl to run.
    static boolean isNamed() {
        return named() != null;
    }

    private static String named() {
        return System.getProperty("metastore.etcdctl", System.getenv("ETCDCTL_BIN"));
    }

    /// Runs a command that must succeed and returns what it printed.
    String run(String... words) {
        return runWith("", words);
    }

    /// Like [#run], with text on standard input.
    String runWith(String input, String... words) {
        Ended ended = end(start(words), input);
        assertEquals(0, ended.status(), () -> String.join(" ", words) + ": " + ended);
        return ended.out();
    }

    /// Runs a command with `-w json` and returns the object it printed.
    JsonObject json(String... words) {
        return new JsonObject(run(asJson(words)));
    }

    /// Like [#json] for the commands that print one object per endpoint: the only one.
    JsonObject onlyJson(String... words) {
        JsonArray all = new JsonArray(run(asJson(words)));
        assertEquals(1, all.size(), all::encode);
        return all.getJsonObject(0);
    }

    private static String[] asJson(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("-w", "json"));
        return all.toArray(String[]::new);
    }

    /// Runs a command that must fail with this as the last line of its errors.
    void refused(String lastLine, String... words) {
        Ended ended = end(start(words), "");
        assertNotEquals(0, ended.status(), ended::toString);
        assertEquals(lastLine, ended.err().lines().reduce((_, last) -> last).orElse(""), ended::toString);
    }

    /// Runs a command that may succeed or fail.
    Ended ended(String... words) {
        return end(start(words), "");
    }

    /// Starts a command that goes on until it is ended, by whoever calls this.
    Process started(String... words) {
        return start(words);
    }

    private Process start(String... words) {
        List<String> line = new ArrayList<>(List.of(program.toString(), "--endpoints=" + endpoint));
        line.addAll(List.of(words));
        try {
            return new ProcessBuilder(line).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Ended end(Process process, String input) {
        try (Writer in = process.outputWriter()) {
            in.write(input);
        } catch (IOException e) {
            process.destroyForcibly();
            throw new UncheckedIOException("the program closed its input early", e);
        }
        try {
            // What these tests make it print fits into the pipes, so nobody has to read meanwhile.
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("no end within " + PATIENCE_SECONDS + " s: "
                        + process.info().commandLine().orElse(""));
            }
            return new Ended(
                    process.exitValue(),
                    new String(process.getInputStream().readAllBytes()),
                    new String(process.getErrorStream().readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// Starts a command that goes on until it is closed.
    Running open(String... words) {
        return new Running(start(words));
    }

    /// A command that goes on: its lines are taken one by one, with a deadline.
    static final class Running implements AutoCloseable {
        private final Process process;
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

        private Running(Process process) {
            this.process = process;
            Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try (BufferedReader reader = process.inputReader()) {
                reader.lines().forEach(lines::add);
            } catch (IOException | UncheckedIOException e) {
                lines.add("the output ended: " + e);
            }
        }

        /// The next lines, so many.
        List<String> next(int count) {
            List<String> taken = new ArrayList<>();
            try {
                while (taken.size() < count) {
                    String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    assertTrue(line != null, () -> "no further line within " + PATIENCE_SECONDS + " s behind " + taken);
                    taken.add(line);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            return taken;
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
