package io.metastore.blackbox;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// One member under test: a process with its own data folder on free loopback ports, or one that runs
/// elsewhere.
///
/// A member keeps ports and data over [#stop], [#kill] and [#restart]; [#close] ends the process and deletes
/// the folder (kept with `-Dmetastore.keep=true`).
public final class Member implements AutoCloseable {
    /// How long a start may take on a busy machine.
    private static final Duration START = Duration.ofSeconds(Long.getLong("metastore.start.seconds", 90));
    /// Stands for the member's own client URL in a flag, where more URLs are wanted beside it.
    public static final String CLIENT_URL = "{client-url}";

    private static final String INITIAL_CLUSTER = "--initial-cluster=";
    private static final Duration STOP = Duration.ofSeconds(60);
    private static final int SHOWN_LOG = 8_000;
    /// With `-XX:TieredStopAtLevel=1` a member that lives for seconds takes a third less CPU.
    private static final String JAVA_OPTIONS = System.getProperty("metastore.member.java", "");

    private final String host;
    private final int clientPort;
    private final int peerPort;
    private final int metricsPort;
    private final Path folder;
    private final List<String> flags;
    private final String initialCluster;
    private final Map<String, String> environment;
    private MemberTarget.Program program;
    private String javaOptions;
    private Process process;
    private Client client;

    private Member(MemberTarget.External target) {
        host = target.host();
        clientPort = target.port();
        peerPort = 0;
        metricsPort = 0;
        folder = null;
        flags = List.of();
        initialCluster = "";
        environment = Map.of();
    }

    private Member(Path parent, MemberTarget.Program target, Map<String, String> environment, List<String> further)
            throws IOException {
        this(parent, target, "alone", "http", environment, further);
    }

    private Member(
            Path parent,
            MemberTarget.Program target,
            String name,
            String peerScheme,
            Map<String, String> environment,
            List<String> further)
            throws IOException {
        program = target;
        this.environment = environment;
        host = "127.0.0.1";
        clientPort = LoopbackPorts.next();
        peerPort = LoopbackPorts.next();
        metricsPort = LoopbackPorts.next();
        folder = Files.createTempDirectory(parent, "metastore-blackbox-");
        String clientUrl = "http://127.0.0.1:" + clientPort;
        String peerUrl = peerScheme + "://127.0.0.1:" + peerPort;
        initialCluster = name + "=" + peerUrl;
        flags = new ArrayList<>(List.of(
                "--name=" + name,
                "--data-dir=" + folder.resolve("data"),
                "--listen-client-urls=" + clientUrl,
                "--advertise-client-urls=" + clientUrl,
                "--listen-peer-urls=" + peerUrl,
                "--initial-advertise-peer-urls=" + peerUrl,
                INITIAL_CLUSTER + initialCluster,
                "--listen-metrics-urls=http://127.0.0.1:" + metricsPort));
        further.forEach(flag -> flags.add(flag.replace(CLIENT_URL, clientUrl)));
    }

    /// Starts a member of the current target with further flags of etcd's command line and waits until it
    /// answers.
    public static Member start(String... flags) {
        return switch (MemberTarget.current()) {
            case MemberTarget.External external -> new Member(external);
            case MemberTarget.Program program -> start(program, List.of(flags));
        };
    }

    /// Like [#start], but skips the test when the target is a member that runs elsewhere.
    public static Member startOwn(String... flags) {
        return startWith(Map.of(), flags);
    }

    /// Like [#startOwn], with variables of its environment.
    public static Member startWith(Map<String, String> environment, String... flags) {
        return switch (MemberTarget.current()) {
            case MemberTarget.External _ ->
                Assumptions.abort("needs a member of its own, the target is an external one");
            case MemberTarget.Program program -> startIn(temporary(), program, environment, List.of(flags));
        };
    }

    /// Like [#startOwn], with options for the Java that runs a MetaStore, as `-Xmx1g`; skips the test when the
    /// target is no MetaStore on a JVM.
    public static Member startWithJava(String javaOptions, String... flags) {
        MemberTarget target = MemberTarget.current();
        Assumptions.assumeTrue(target.label().equals("jar"), "needs the packaged jar, the target is " + target.label());
        return startIn(
                temporary(), (MemberTarget.Program) target, Map.of("METASTORE_JAVA_OPTS", javaOptions), List.of(flags));
    }

    static Member start(MemberTarget.Program program, List<String> flags) {
        return startIn(temporary(), program, flags);
    }

    private static Path temporary() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    /// Starts a member of some program, whatever the target of the run is, with its data below a folder.
    public static Member startIn(Path parent, MemberTarget.Program program, List<String> flags) {
        return startIn(parent, program, Map.of(), flags);
    }

    private static Member startIn(
            Path parent, MemberTarget.Program program, Map<String, String> environment, List<String> flags) {
        try {
            Member member = new Member(parent, program, environment, flags);
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(member::killQuietly));
            member.launch();
            return member;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A member of a cluster, with ports and a folder and no process: [#joins], then [#begin] and [#await].
    static Member unstarted(
            Path parent, MemberTarget.Program program, String name, String peerScheme, List<String> flags) {
        try {
            Member member = new Member(parent, program, name, peerScheme, Map.of(), flags);
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(member::killQuietly));
            return member;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The member's part of `--initial-cluster`: `name=peer-url`.
    String initialCluster() {
        return initialCluster;
    }

    /// The URL where other members call.
    public String peerUrl() {
        return initialCluster.substring(initialCluster.indexOf('=') + 1);
    }

    /// Sets the members that the cluster starts with.
    void joins(String cluster) {
        flags.replaceAll(flag -> flag.startsWith(INITIAL_CLUSTER) ? INITIAL_CLUSTER + cluster : flag);
    }

    /// Starts the process and does not wait: a member of three answers nothing before there are two.
    public void begin() {
        try {
            begun();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sets the members that it finds when it joins a cluster that runs, itself among them.
    void joinsRunning(String cluster) {
        joins(cluster);
        flags.add("--initial-cluster-state=existing");
    }

    /// Waits until a member that has begun answers.
    public void await() {
        awaitAnswer(false);
    }

    /// Waits until a member that has begun answers from what it has itself, which is all that a learner does.
    void awaitLocal() {
        awaitAnswer(true);
    }

    private void launch() throws IOException {
        begun();
        await();
    }

    private void begun() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(MemberTarget.commandLine(program, flags))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        builder.environment().putAll(environment);
        if (javaOptions != null) {
            builder.environment().put("METASTORE_JAVA_OPTS", javaOptions);
        }
        builder.environment().putIfAbsent("METASTORE_JAVA_OPTS", JAVA_OPTIONS);
        process = builder.start();
    }

    /// Waits until the member answers a read; its end, or the deadline, fails with its output.
    private void awaitAnswer(boolean serializable) {
        long deadline = System.nanoTime() + START.toNanos();
        Client probe = client();
        StatusRuntimeException last = null;
        while (System.nanoTime() < deadline) {
            if (!process.isAlive()) {
                int status = process.exitValue();
                String shown = shownLog();
                close();
                throw new IllegalStateException("the member ended with status " + status + shown);
            }
            probe.channel().resetConnectBackoff();
            try {
                var ignored = probe.kv(Duration.ofMillis(500))
                        .withWaitForReady()
                        .range(RangeRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("ready?"))
                                .setSerializable(serializable)
                                .build());
                return;
            } catch (StatusRuntimeException e) {
                if (Refusal.USER_EMPTY.is(e.getStatus())) {
                    return; // it serves those whom it knows
                }
                last = e;
            }
        }
        String shown = shownLog();
        killQuietly();
        throw new IllegalStateException("the member does not answer after " + START + ": " + last + shown);
    }

    /// A client of this member, one per life of the process.
    public synchronized Client client() {
        if (client == null) {
            client = Client.connect(host, clientPort);
        }
        return client;
    }

    /// Another connection; the caller closes it.
    public Client connect() {
        return Client.connect(host, clientPort);
    }

    /// A connection on which the member can send 64 KiB ahead of the reader, no more; the caller closes it.
    public Client connectSlow() {
        return Client.connectSlow(host, clientPort);
    }

    /// Text of the page with the metrics.
    public String metrics() {
        HttpResponse<String> page = get("/metrics");
        if (page.statusCode() != 200) {
            throw new AssertionError("/metrics answered " + page.statusCode());
        }
        return page.body();
    }

    /// Fetches a page from the port of metrics and health; skips the test when the target runs elsewhere.
    public HttpResponse<String> get(String path) {
        Assumptions.assumeTrue(process != null, "where the target serves its metrics is not known");
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create(metricsUrl() + path))
                            .timeout(Client.PATIENCE)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// `host:port` of the client URL.
    public String endpoint() {
        return host + ":" + clientPort;
    }

    /// Where other members call.
    public int peerPort() {
        return peerPort;
    }

    /// Address of `/metrics` and the health paths.
    public String metricsUrl() {
        return "http://127.0.0.1:" + metricsPort;
    }

    /// Folder with the member's data.
    public Path dataDir() {
        return folder.resolve("data");
    }

    /// The operating system's id of the process that serves (the launcher replaces itself or waits for it).
    public long pid() {
        return serving().pid();
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /// Everything the member wrote to standard output and standard error, over all its lives.
    public String log() {
        try {
            return Files.readString(logFile(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Ends the member in order (SIGTERM) and returns its exit status; fails when it takes longer than a
    /// minute.
    public int stop() {
        closeClient();
        serving().destroy();
        if (!ended(STOP)) {
            String shown = shownLog();
            killQuietly();
            throw new IllegalStateException("the member ignored SIGTERM for " + STOP + shown);
        }
        return process.exitValue();
    }

    /// Waits until the member has ended by itself and returns its exit status.
    public int endedBy(Duration limit) {
        if (!ended(limit)) {
            throw new AssertionError("the member has not ended within " + limit + shownLog());
        }
        return process.exitValue();
    }

    /// Takes the data away from a member that does not run.
    void loseData() {
        delete(dataDir());
    }

    /// Ends the member at once (SIGKILL).
    public void kill() {
        closeClient();
        killQuietly();
        if (!ended(STOP)) {
            throw new IllegalStateException("the member survived SIGKILL");
        }
    }

    /// Holds the member's process still (SIGSTOP): its connections stay, nothing answers, until [#resume].
    void pause() {
        signal("-STOP");
    }

    /// Lets a process go on that was held still.
    void resume() {
        signal("-CONT");
    }

    private void signal(String signal) {
        try {
            int status = new ProcessBuilder("kill", signal, Long.toString(pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IllegalStateException("kill " + signal + " ended with status " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// Gives the member's next lives options of the Java virtual machine (`-Xmx256m`), which others ignore.
    public void javaOptions(String options) {
        javaOptions = options;
    }

    /// Starts the member again on its data and ports and waits until it answers.
    public void restart() {
        if (isAlive()) {
            throw new IllegalStateException("stop or kill the member first");
        }
        try {
            launch();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Starts the member again as [#restart] does, this once with one flag more.
    void restartOnceWith(String flag) {
        flags.add(flag);
        restart();
        flags.removeLast();
    }

    /// Starts the member again on its data and ports with another program.
    void restartAs(MemberTarget.Program other) {
        program = other;
        restart();
    }

    @Override
    public void close() {
        closeClient();
        if (process == null) {
            return;
        }
        kill();
        for (int port : new int[] {clientPort, peerPort, metricsPort}) {
            LoopbackPorts.release(port);
        }
        if (!Boolean.getBoolean("metastore.keep")) {
            delete(folder);
        }
    }

    private Path logFile() {
        return folder.resolve("member.log");
    }

    private ProcessHandle serving() {
        return process.toHandle()
                .children()
                .filter(ProcessHandle::isAlive)
                .findFirst()
                .orElseGet(process::toHandle);
    }

    private void killQuietly() {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private boolean ended(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private synchronized void closeClient() {
        if (client != null) {
            client.close();
            client = null;
        }
    }

    private String shownLog() {
        String log = log();
        return ", its log:\n" + log.substring(Math.max(0, log.length() - SHOWN_LOG));
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
