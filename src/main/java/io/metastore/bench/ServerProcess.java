package io.metastore.bench;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.client.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A server under test: a process of its own with a data directory of its own.
final class ServerProcess implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ServerProcess.class.getName());
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    private static final Duration ASK_EVERY = Duration.ofMillis(20);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(1);
    private static final long STOP_SECONDS = 15;
    private static final Duration CALM_WITHIN = Duration.ofSeconds(3);
    private static final Duration CALM_LOOK = Duration.ofMillis(100);
    private static final Duration CALM_CPU = Duration.ofMillis(10);

    /// Enough for a whole run on both: etcd's own default of 2 GiB would end a long one.
    private static final String QUOTA_BYTES = String.valueOf(8L << 30);

    private final Side side;
    private final List<String> command;
    private final Process process;
    private final Endpoint endpoint;
    private final Optional<Endpoint> secure;
    private final Path log;
    private final Thread lastResort;
    private final long begun = System.nanoTime();
    private Duration start = Duration.ZERO;

    private ServerProcess(
            Side side, List<String> command, Process process, Endpoint endpoint, Optional<Endpoint> secure, Path log) {
        this.side = side;
        this.command = command;
        this.process = process;
        this.endpoint = endpoint;
        this.secure = secure;
        this.log = log;
        // A run that is stopped by a signal leaves no server behind.
        this.lastResort = Thread.ofPlatform().unstarted(this::end);
        Runtime.getRuntime().addShutdownHook(lastResort);
    }

    /// Starts the server and waits until it answers.
    ///
    /// @param program    what to run
    /// @param data       its data directory
    /// @param firstPort  it listens there and on the next port; 0 for free ones
    /// @throws AbortedException when it ends or does not answer within a minute
    static ServerProcess start(Side side, Path program, Path data, Path log, int firstPort) throws IOException {
        return start(side, program, ServerPlace.alone(side.name(), data, log, firstPort), OptionalInt.empty());
    }

    /// Like [#start] on free ports, on one more of which the server speaks TLS, with a certificate that it makes
    /// for itself.
    static ServerProcess startSecure(Side side, Path program, Path data, Path log) throws IOException {
        return start(
                side, program, ServerPlace.alone(side.name(), data, log, 0), OptionalInt.of(ServerPlace.freePort()));
    }

    private static ServerProcess start(Side side, Path program, ServerPlace place, OptionalInt securePort)
            throws IOException {
        ServerProcess server = begin(side, program, place, ServerPlace.cluster(List.of(place)), securePort);
        try {
            server.awaitReady();
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /// Starts the server and does not wait: a member of several answers nothing before most of them run.
    ///
    /// @param cluster  the members that it begins with, as `--initial-cluster` has them
    static ServerProcess begin(Side side, Path program, ServerPlace place, String cluster, OptionalInt securePort)
            throws IOException {
        List<String> command = command(side, program, place, cluster, securePort);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(place.log().toFile());
        builder.environment().putAll(side.environment());
        if (side.kind() == Side.Kind.METASTORE && !isJar(program) && !side.jvm().isEmpty()) {
            builder.environment().put("METASTORE_JAVA_OPTS", String.join(" ", side.jvm()));
        }
        Optional<Endpoint> secure = securePort.isPresent()
                ? Optional.of(new Endpoint("127.0.0.1", securePort.getAsInt(), true))
                : Optional.empty();
        return new ServerProcess(side, command, builder.start(), place.endpoint(), secure, place.log());
    }

    static List<String> command(Side side, Path program, ServerPlace place, String cluster, OptionalInt securePort) {
        List<String> command = new ArrayList<>();
        if (isJar(program)) {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(side.jvm());
            command.add("-jar");
        }
        command.add(program.toString());
        if (side.kind() == Side.Kind.METASTORE) {
            command.add("server");
        }
        command.addAll(
                List.of("--name", place.name(), "--data-dir", place.data().toString()));
        String listen = place.clientUrl();
        if (securePort.isPresent()) {
            listen += ",https://127.0.0.1:" + securePort.getAsInt();
            command.add("--auto-tls");
        }
        command.addAll(List.of("--listen-client-urls", listen, "--advertise-client-urls", place.clientUrl()));
        command.addAll(
                List.of("--listen-peer-urls", place.peerUrl(), "--initial-advertise-peer-urls", place.peerUrl()));
        command.addAll(List.of("--initial-cluster", cluster));
        if (side.flags().stream().noneMatch(flag -> flag.startsWith("--quota-backend-bytes"))) {
            command.addAll(List.of("--quota-backend-bytes", QUOTA_BYTES));
        }
        command.addAll(side.flags());
        return command;
    }

    private static boolean isJar(Path program) {
        return program.toString().endsWith(".jar");
    }

    /// A connection of its own to the server, which the caller ends.
    ManagedChannel channel() {
        return NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                .usePlaintext()
                .proxyDetector(address -> null)
                .build();
    }

    /// @throws AbortedException when the server ends or does not answer within a minute
    void awaitReady() {
        ManagedChannel channel = channel();
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        try {
            while (!answers(channel)) {
                if (process.waitFor(ASK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new AbortedException(side.name() + " ended at its start with status " + process.exitValue()
                            + "; its output is in " + log);
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new AbortedException(side.name() + " did not answer within " + READY_WITHIN.toSeconds()
                            + " s; its output is in " + log);
                }
            }
            start = Duration.ofNanos(System.nanoTime() - begun);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AbortedException("interrupted while " + side.name() + " was starting");
        } finally {
            channel.shutdownNow();
        }
    }

    private static boolean answers(ManagedChannel channel) {
        try {
            channel.resetConnectBackoff();
            return Connections.status(channel, ANSWER_WITHIN).hasHeader();
        } catch (StatusRuntimeException e) {
            // Not yet: the caller has a deadline.
            return false;
        }
    }

    Side side() {
        return side;
    }

    List<String> command() {
        return command;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /// Where it speaks TLS.
    Optional<Endpoint> secure() {
        return secure;
    }

    /// From the process's begin to its first answer, in steps of 20 ms.
    Duration startTime() {
        return start;
    }

    boolean alive() {
        return process.isAlive();
    }

    ProcessUsage usage() throws IOException {
        return ProcessUsage.of(process.toHandle());
    }

    /// Waits until the server does next to nothing, as it should while another one is measured: what it writes
    /// behind a round would slow the next one's. Gives up after a few seconds; then the server never rests.
    void awaitCalm() throws IOException {
        long deadline = System.nanoTime() + CALM_WITHIN.toNanos();
        long before = usage().cpuNanos();
        while (System.nanoTime() - deadline < 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(CALM_LOOK.toNanos());
            long now = usage().cpuNanos();
            if (now - before <= CALM_CPU.toNanos()) {
                return;
            }
            before = now;
        }
    }

    void forgetPeak() throws IOException {
        ProcessUsage.forgetPeak(process.toHandle());
    }

    /// Asks the server to end and waits; what is left to do, it does meanwhile.
    ///
    /// @return whether it has ended
    boolean stop(Duration within) {
        process.destroy();
        try {
            return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(lastResort);
        } catch (IllegalStateException shuttingDown) {
            LOG.log(System.Logger.Level.DEBUG, "closed while the bench ends", shuttingDown);
        }
    }

    /// Ends the process and its descendants, by force if they do not go by themselves.
    private void end() {
        List<ProcessHandle> descendants = process.descendants().toList();
        descendants.forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        descendants.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
    }
}
