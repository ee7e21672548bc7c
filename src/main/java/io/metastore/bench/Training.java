package io.metastore.bench;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.CompactionRequest;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import io.metastore.client.UsageException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// `metastore bench train`: has the Java virtual machine write the cache with which later starts begin: classes as they
/// are after they were loaded and linked, and which code was hot. A member of its own on a free port and a
/// temporary data directory sees every kind of call, then ends as any member does; it writes the cache while it ends.
///
/// The cache fits the jars that it was made from, the release of Java and the options that shape objects. Java looks
/// at the last two; classes of the jars it takes from the cache unseen. So beside it lie the `release` file of that
/// Java and
/// the names and sizes of the jars, by which `bin/metastore` tells whether it fits.
final class Training {
    static final List<Flag> FLAGS = List.of(
            new Flag("metastore", "PATH", "bin/metastore", "MetaStore's launcher"),
            new Flag("to", "FILE", "", "the cache [metastore.aot beside the program's jar]"),
            new Flag("patience", "TIME", "60s", "give up when a call, or at the end the cache, takes longer"),
            new Flag("verbose", "", "", "print what the member says"));

    private static final String RELEASE = ".release";
    private static final String JARS = ".jars";

    private static final int CLIENTS = 20;
    private static final int CONNECTIONS = 2;
    private static final int VALUE_BYTES = 256;
    private static final int KEY_BYTES = 32;
    private static final int KEY_SPACE = 1_000;
    private static final int PAGE = 100;
    private static final int WATCHERS = 20;
    private static final long SEED = 1;

    /// So that batches are as small as those of a light load are.
    private static final double RATE = 1_000;

    private final PrintStream out;
    private final PrintStream err;

    /// Where the loads tell of their progress, which a build does not want to know.
    private final PrintStream progress =
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);

    Training(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int run(Flags flags) throws IOException {
        Path launcher = Path.of(flags.text("metastore"));
        if (!Files.isExecutable(launcher)) {
            throw new UsageException("--metastore names '" + launcher + "', which cannot be run");
        }
        Path cache = cache(flags).toAbsolutePath();
        Path release = Path.of(System.getProperty("java.home"), "release");
        if (!Files.isReadable(release)) {
            throw new AbortedException("there is no " + release + ", by which the launcher would know this Java");
        }
        Path folder = Files.createTempDirectory("metastore-train-");
        Path fresh = cache.resolveSibling(cache.getFileName() + ".new");
        try {
            member(launcher.toAbsolutePath(), folder, fresh, flags);
            Files.copy(release, beside(cache, RELEASE), StandardCopyOption.REPLACE_EXISTING);
            Files.write(beside(cache, JARS), jars(cache.getParent()));
            Files.move(fresh, cache, StandardCopyOption.REPLACE_EXISTING);
        } catch (AbortedException e) {
            throw new AbortedException("no cache was written, the program starts without: " + e.getMessage());
        } finally {
            Files.deleteIfExists(fresh);
            CompareCommand.deleteAll(folder);
        }
        out.printf("%s: %,d MiB%n", cache, Files.size(cache) >> 20);
        return 0;
    }

    private static Path cache(Flags flags) {
        if (flags.has("to")) {
            return Path.of(flags.text("to"));
        }
        Path jar = Path.of(System.getProperty("java.class.path"));
        if (!Files.isRegularFile(jar)) {
            throw new UsageException("--to is needed where the program does not run from its jar");
        }
        return jar.resolveSibling("metastore.aot");
    }

    private static Path beside(Path cache, String ending) {
        return cache.resolveSibling(cache.getFileName() + ending);
    }

    /// Each jar in the folder with its size, as the launcher's `wc` and `sort` print them.
    static List<String> jars(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            List<String> lines = new ArrayList<>();
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".jar")).toList()) {
                lines.add(Files.size(file) + " ./" + folder.relativize(file));
            }
            Collections.sort(lines);
            return lines;
        }
    }

    private void member(Path launcher, Path folder, Path cache, Flags flags) throws IOException {
        Side side = new Side(
                "train",
                Side.Kind.METASTORE,
                Optional.of(launcher),
                Map.of(),
                List.of("-XX:AOTCacheOutput=" + cache),
                List.of(),
                0);
        Path log = folder.resolve("log");
        Duration patience = flags.time("patience");
        try (ServerProcess server = ServerProcess.start(side, launcher, folder.resolve("data"), log, 0)) {
            ask(server, patience);
            if (!server.stop(patience)) {
                throw new AbortedException(
                        "the member had not ended " + patience.toSeconds() + " s after it was asked to");
            }
        } finally {
            if (flags.on("verbose") && Files.exists(log)) {
                err.print(Files.readString(log));
            }
        }
        if (!Files.exists(cache)) {
            throw new AbortedException("Java wrote no cache: "
                    + Files.readAllLines(log).stream()
                            .reduce((first, last) -> last)
                            .orElse("it said nothing"));
        }
    }

    /// Calls of every kind, those that are most frequent in operation most often.
    private void ask(ServerProcess server, Duration patience) throws IOException {
        Payload values = new Payload(VALUE_BYTES, SEED);
        Keys keys = new Keys(Keys.ROOT + "train/", KEY_BYTES, KEY_SPACE);
        try (Connections connections =
                Connections.open(List.of(server.endpoint()), Security.NONE, CONNECTIONS, 1, patience)) {
            Fill.write(connections, keys, values, patience, progress);
            drive(connections, new ColdLoad(values, SEED), 12_000, RATE, patience);
            drive(connections, new RangeLoad(keys, RangeLoad.Reach.PAGE, PAGE, false, SEED), 500, 0, patience);
            drive(connections, new RangeLoad(keys, RangeLoad.Reach.KEY, 0, true, SEED), 500, 0, patience);
            drive(connections, new LeaseLoad(60, 4), 500, 0, patience);
            WatchLoad watches = new WatchLoad(List.of(keys), WATCHERS, VALUE_BYTES);
            RunResult watched =
                    new WatchDriver(connections, watches, 1, patience, progress).run(phase(500, RATE, patience));
            complete(watched, "watch");
            deleteAndCompact(connections.all().getFirst().channel(), keys, patience);
        } catch (StatusRuntimeException e) {
            throw new AbortedException(Tally.text(e.getStatus()));
        }
        scrape(server.endpoint(), patience);
    }

    private void drive(Connections connections, Workload load, long calls, double rate, Duration patience) {
        complete(
                new Driver(connections, load, progress).run(phase(calls, rate, patience)),
                load.kinds().toString());
    }

    private static Driver.Phase phase(long calls, double rate, Duration patience) {
        return new Driver.Phase("train", CLIENTS, Pace.Limit.calls(calls), rate, patience, false);
    }

    private static void complete(RunResult result, String what) {
        result.aborted().ifPresent(why -> {
            throw new AbortedException(why);
        });
        if (result.failed() > 0) {
            throw new AbortedException(what + ": " + result.errors());
        }
    }

    private static void deleteAndCompact(Channel channel, Keys keys, Duration patience) {
        for (long number = 0; number < 100; number++) {
            delete(channel, keys.key(number), ByteString.EMPTY, patience);
        }
        long revision = delete(channel, keys.start(), keys.end(), patience);
        var _ = kv(channel, patience)
                .compact(CompactionRequest.newBuilder().setRevision(revision).build());
    }

    /// @return the revision of the delete
    private static long delete(Channel channel, ByteString key, ByteString end, Duration patience) {
        return kv(channel, patience)
                .deleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(key)
                        .setRangeEnd(end)
                        .build())
                .getHeader()
                .getRevision();
    }

    private static KVGrpc.KVBlockingStub kv(Channel channel, Duration patience) {
        return KVGrpc.newBlockingStub(channel).withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// What probes and a metrics collector ask for all day.
    private static void scrape(Endpoint endpoint, Duration patience) throws IOException {
        for (String page : List.of("/health", "/metrics", "/readyz", "/metrics")) {
            try (Socket socket = new Socket(endpoint.host(), endpoint.port())) {
                socket.setSoTimeout((int) patience.toMillis());
                String request = "GET " + page + " HTTP/1.1\r\nHost: " + endpoint + "\r\nConnection: close\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (!answer.startsWith("HTTP/1.1 200 ")) {
                    throw new AbortedException(page + " was answered with '"
                            + answer.lines().findFirst().orElse("") + "'");
                }
            }
        }
    }
}
