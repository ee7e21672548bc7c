package io.metastore.durability;

import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.LoopbackPorts;
import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Requests;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/// A member whose life a test takes into its own hands: begun behind another program, on a data folder that the
/// test has touched, ended at any moment, expected to refuse its start.
final class Server implements AutoCloseable {
    /// How long a start may take on a busy machine.
    static final Duration START = Duration.ofSeconds(Long.getLong("metastore.start.seconds", 90));

    private final Path folder;
    private final Path data;
    private final int clientPort;
    private final int peerPort;
    private final List<Process> lives = new ArrayList<>();
    private Client client;

    /// @param folder for its data, in `data`, and its output
    Server(Path folder) {
        this(folder, folder.resolve("data"));
    }

    Server(Path folder, Path data) {
        this(folder, data, LoopbackPorts.next(), LoopbackPorts.next());
    }

    private Server(Path folder, Path data, int clientPort, int peerPort) {
        this.folder = folder;
        this.data = data;
        this.clientPort = clientPort;
        this.peerPort = peerPort;
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::killAll));
    }

    /// The same member, by its addresses, on other data.
    Server on(Path otherFolder, Path otherData) {
        return new Server(otherFolder, otherData, clientPort, peerPort);
    }

    /// How a process ended and what it wrote.
    record End(int status, String output) {}

    Path data() {
        return data;
    }

    String endpoint() {
        return "127.0.0.1:" + clientPort;
    }

    /// Starts a process and does not wait for anything.
    ///
    /// @param before words before the command line, as `strace -o FILE`
    /// @param flags  further flags; one that is given again counts
    void launch(List<String> before, String... flags) {
        closeClient();
        List<String> words = new ArrayList<>(before);
        words.addAll(commandLine(flags));
        try {
            lives.add(new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("output-" + lives.size()).toFile())
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> commandLine(String... flags) {
        Assumptions.assumeTrue(
                MemberTarget.current() instanceof MemberTarget.Program, "needs a member of its own to kill and start");
        String clientUrl = "http://127.0.0.1:" + clientPort;
        String peerUrl = "http://127.0.0.1:" + peerPort;
        List<String> all = new ArrayList<>(List.of(
                "--name=alone",
                "--data-dir=" + data,
                "--listen-client-urls=" + clientUrl,
                "--advertise-client-urls=" + clientUrl,
                "--listen-peer-urls=" + peerUrl,
                "--initial-advertise-peer-urls=" + peerUrl,
                "--initial-cluster=alone=" + peerUrl));
        all.addAll(List.of(flags));
        return MemberTarget.commandLine((MemberTarget.Program) MemberTarget.current(), all);
    }

    /// Starts a process and waits until it answers a linearizable read.
    void start(String... flags) {
        launch(List.of(), flags);
        awaitReady();
    }

    void awaitReady() {
        if (!answers()) {
            throw new AssertionError("the member ended with status " + life().exitValue() + ":\n" + output());
        }
    }

    /// Waits until the process answers a linearizable read or has ended; true when it answers.
    boolean answers() {
        long deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline) {
            if (!life().isAlive()) {
                return false;
            }
            client().channel().resetConnectBackoff();
            try {
                var ignored =
                        client().kv(Duration.ofMillis(500)).withWaitForReady().range(READY);
                return true;
            } catch (io.grpc.StatusRuntimeException _) {
                Thread.onSpinWait(); // the deadline of the call is the pause
            }
        }
        throw new AssertionError("the member does not answer after " + START + ":\n" + output());
    }

    private static final RangeRequest READY =
            RangeRequest.newBuilder().setKey(Requests.bytes("ready?")).build();

    /// Waits for the process to end by itself.
    End awaitEnd(Duration limit) {
        try {
            if (!life().waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the member runs on after " + limit + ":\n" + output());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        return new End(life().exitValue(), output());
    }

    /// A client of the process that runs now.
    Client client() {
        if (client == null) {
            client = connect();
        }
        return client;
    }

    /// Another connection; the caller closes it.
    Client connect() {
        return Client.connect("127.0.0.1", clientPort);
    }

    /// Ends the process at once (SIGKILL).
    void kill() {
        kill(life());
        closeClient();
        awaitEnd(Duration.ofSeconds(60));
    }

    /// Ends the process in order (SIGTERM).
    End stop() {
        closeClient();
        List<ProcessHandle> children = life().descendants().toList();
        (children.isEmpty() ? life().toHandle() : children.getLast()).destroy();
        return awaitEnd(Duration.ofSeconds(60));
    }

    boolean isAlive() {
        return !lives.isEmpty() && life().isAlive();
    }

    /// What the last process wrote to standard output and standard error.
    String output() {
        try {
            return Files.readString(folder.resolve("output-" + (lives.size() - 1)), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process life() {
        return lives.getLast();
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private void killAll() {
        lives.forEach(Server::kill);
    }

    private void closeClient() {
        if (client != null) {
            client.close();
            client = null;
        }
    }

    @Override
    public void close() {
        closeClient();
        if (isAlive()) {
            kill();
        }
    }
}
