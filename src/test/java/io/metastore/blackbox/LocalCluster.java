package io.metastore.blackbox;

import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/// A running `metastore local-cluster`, known by what it prints.
final class LocalCluster implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(130);
    private static final Pattern ROW =
            Pattern.compile("  (m\\d) +(\\d+) +127\\.0\\.0\\.1:(\\d+) +127\\.0\\.0\\.1:(\\d+) +(\\S+)");

    /// A line of the table.
    record Row(String name, long pid, int clientPort, Path log) {
        boolean runs() {
            return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }

        Client connect() {
            return Client.connect("127.0.0.1", clientPort);
        }
    }

    private final Process process;
    private final Path output;

    private LocalCluster(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    private static String program() {
        if (!(MemberTarget.current() instanceof MemberTarget.Program program) || MemberTarget.isEtcd()) {
            return Assumptions.abort("needs MetaStore's own program");
        }
        return program.command().getFirst();
    }

    /// The first of so many ports behind each other that are free.
    static int freePorts(int count) {
        while (true) {
            int first = LoopbackPorts.next();
            boolean free = first + count <= 30_000;
            for (int i = 1; free && i < count; i++) {
                free = isFree(first + i);
            }
            if (free) {
                return first;
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /// Starts it and does not wait. All that it prints goes to a file beside its data.
    static LocalCluster begin(Path data, String... flags) {
        List<String> line = new ArrayList<>(List.of(program(), "local-cluster", "--data-dir", data.toString()));
        line.addAll(List.of(flags));
        try {
            Path output = Files.createTempFile(data.getParent(), "said-", ".txt");
            ProcessBuilder builder =
                    new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
            // Three members and their starter on a small machine.
            builder.environment().putIfAbsent("METASTORE_JAVA_OPTS", "-Xmx256m");
            return new LocalCluster(builder.start(), output);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static LocalCluster start(Path data, String... flags) {
        LocalCluster started = begin(data, flags);
        try {
            started.awaitSaid(" leads\n");
            started.awaitSaid("Ctrl-C ends them");
            return started;
        } catch (RuntimeException | Error failure) {
            started.close();
            throw failure;
        }
    }

    String said() {
        try {
            return Files.readString(output);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Waits until it has printed a text; its end before that fails.
    void awaitSaid(String text) {
        try {
            Eventually.holds("it prints \"" + text + "\"", START, () -> said().contains(text) || !process.isAlive());
        } catch (AssertionError late) {
            throw new AssertionError(late.getMessage() + ", but: " + said(), late);
        }
        if (!said().contains(text)) {
            throw new AssertionError(
                    "ended with status " + process.exitValue() + " before it printed \"" + text + "\": " + said());
        }
    }

    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        Matcher row = ROW.matcher(said());
        while (row.find()) {
            rows.add(new Row(
                    row.group(1), Long.parseLong(row.group(2)), Integer.parseInt(row.group(3)), Path.of(row.group(5))));
        }
        return rows;
    }

    /// The member that says so itself.
    Row leader() {
        for (Row row : rows()) {
            try (Client client = row.connect()) {
                var status = client.maintenance().status(StatusRequest.getDefaultInstance());
                if (status.getLeader() == status.getHeader().getMemberId()) {
                    return row;
                }
            }
        }
        throw new AssertionError("nobody leads");
    }

    void terminate() {
        process.destroy();
    }

    void kill() {
        process.destroyForcibly();
    }

    int awaitEnd() {
        try {
            if (!process.waitFor(START.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("does not end: " + said());
            }
            return process.exitValue();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /// Members of a starter that is killed end by themselves, which is tested; here nothing is left to chance.
    @Override
    public void close() {
        List<ProcessHandle> members = process.descendants().toList();
        process.destroyForcibly();
        members.forEach(ProcessHandle::destroyForcibly);
        rows().stream()
                .flatMap(row -> ProcessHandle.of(row.pid()).stream())
                .filter(member -> member.info().commandLine().orElse("").contains("--metastore.process.end-with-stdin"))
                .forEach(ProcessHandle::destroyForcibly);
    }
}
