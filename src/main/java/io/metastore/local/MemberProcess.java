package io.metastore.local;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A running member: a child of this process. It ends when this process does, since it reads our end of a pipe.
final class MemberProcess implements AutoCloseable {
    private static final int SHOWN_LINES = 10;
    private static final int SHOWN_BYTES = 8 << 10;
    private static final long ANSWER_SECONDS = 1;

    private final LocalMember member;
    private final Process process;
    private final long logBegin;
    private final ManagedChannel channel;

    private MemberProcess(LocalMember member, Process process, long logBegin) {
        this.member = member;
        this.process = process;
        this.logBegin = logBegin;
        this.channel = NettyChannelBuilder.forAddress(LocalMember.HOST, member.clientPort())
                .usePlaintext()
                .proxyDetector(_ -> null)
                .build();
    }

    /// Starts it and does not wait.
    ///
    /// @param command its whole command line
    /// @param ended   told once it has ended
    static MemberProcess start(LocalMember member, List<String> command, Consumer<MemberProcess> ended)
            throws IOException {
        Path log = member.log();
        long begin = Files.exists(log) ? Files.size(log) : 0;
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        MemberProcess started = new MemberProcess(member, process, begin);
        var _ = process.onExit().thenRun(() -> ended.accept(started));
        return started;
    }

    LocalMember member() {
        return member;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int exitStatus() {
        return process.exitValue();
    }

    /// What the member says of itself; empty while it does not answer.
    Optional<StatusResponse> status() {
        channel.resetConnectBackoff();
        try {
            return Optional.of(MaintenanceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                    .status(StatusRequest.getDefaultInstance()));
        } catch (StatusRuntimeException _) {
            return Optional.empty(); // Starting, or ending: whoever asks has a limit.
        }
    }

    /// Asks it to end in order.
    void terminate() {
        process.destroy();
    }

    void kill() {
        process.destroyForcibly();
    }

    /// Waits until the system has taken the process away, which it does at once after [#kill].
    void awaitEnd() throws InterruptedException {
        process.waitFor();
    }

    /// How it ended, in words.
    String end() {
        int status = process.exitValue();
        return "status " + status
                + switch (status) {
                    case 134 -> " (SIGABRT: Java or a native library gave up)";
                    case 137 -> " (SIGKILL: kill -9, or the system had no memory left)";
                    case 139 -> " (SIGSEGV: a native library failed)";
                    case 143 -> " (SIGTERM)";
                    default -> "";
                };
    }

    /// The last lines that it said in this life, each indented.
    String lastLines() {
        try (RandomAccessFile file = new RandomAccessFile(member.log().toFile(), "r")) {
            long from = Math.max(logBegin, file.length() - SHOWN_BYTES);
            byte[] bytes = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(bytes);
            List<String> lines =
                    new String(bytes, StandardCharsets.UTF_8).lines().toList();
            StringBuilder shown = new StringBuilder();
            lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size())
                    .forEach(line -> shown.append("    ").append(line).append('\n'));
            return shown.isEmpty() ? "    (it said nothing)\n" : shown.toString();
        } catch (IOException failure) {
            return "    (" + member.log() + " cannot be read: " + failure + ")\n";
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
