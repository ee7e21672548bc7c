package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.http.HttpRoutes;
import io.metastore.cli.CommandLine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// docs/architecture.md walks a Put through the house. This traces a real one and finds exactly the classes that the page
/// names, in the order in which they are first met.
///
/// Looked at are the top-level classes that do something: not records, enums, interfaces, nor what only measures.
class PutTraceTest {
    private static final List<String> ROOMS = List.of("api", "service", "consensus", "machine", "lease", "watch", "mvcc", "engine");

    @Test
    void thePageNamesTheClassesThatAPutMeets(@TempDir Path folder) throws Exception {
        List<String> traced = trace(folder);
        assertEquals(String.join("\n", named()), String.join("\n", traced));
    }

    private static List<String> trace(Path folder) throws Exception {
        ServerConfig config = config(folder);
        List<RecordedEvent> events;
        try (Member member = new Member(config, new SimpleMeterRegistry(), (what, cause) -> {
            throw new AssertionError(what, cause);
        })) {
            member.start();
            HttpRoutes none = new HttpRoutes();
            Listeners listeners = new Listeners(
                    member.config(),
                    new Listeners.Calls(new Serving(member).services(), List.of(), List.of(), none, none),
                    Optional.empty());
            listeners.start();
            try {
                int port = listeners.clientPorts().values().iterator().next();
                events = record(port, folder.resolve("put.jfr"));
            } finally {
                listeners.stop(Duration.ofSeconds(2));
            }
        }
        Set<String> met = new LinkedHashSet<>();
        events.stream().sorted(Comparator.comparing(RecordedEvent::getStartTime)).forEach(event -> {
            RecordedMethod method = event.getValue("method");
            met.add(shortName(method.getType().getName()));
        });
        return new ArrayList<>(met);
    }

    private static ServerConfig config(Path folder) {
        CommandLine.Next next = new CommandLine(Map.of(), new Properties(), System.out, System.err)
                .run(
                        "server",
                        "--data-dir=" + folder.resolve("data"),
                        "--listen-client-urls=http://127.0.0.1:0",
                        "--advertise-client-urls=http://127.0.0.1:2379");
        return ((CommandLine.Next.Serve) next).config();
    }

    /// Puts twice: the first loads classes and opens connections, the second is traced.
    private static List<RecordedEvent> record(int port, Path file) throws Exception {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try (Recording recording = new Recording()) {
            KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
            PutRequest put = PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("key"))
                    .setValue(ByteString.copyFromUtf8("value"))
                    .build();
            kv.put(put);
            recording.enable("jdk.MethodTrace").with("filter", String.join(";", classes())).withoutStackTrace();
            recording.start();
            kv.put(put);
            recording.stop();
            recording.dump(file);
        } finally {
            channel.shutdownNow();
            assertTrue(channel.awaitTermination(10, TimeUnit.SECONDS));
        }
        return RecordingFile.readAllEvents(file);
    }

    private static Set<String> classes() throws Exception {
        Path root = Path.of(Member.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Set<String> found = new TreeSet<>();
        for (String room : ROOMS) {
            try (Stream<Path> files = Files.walk(root.resolve("io/metastore/" + room))) {
                for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                    String name = root.relativize(file).toString().replace('/', '.').replaceAll("\\.class$", "");
                    if (!name.contains("$") && !name.contains(".etcd.") && !name.contains(".replicated.") && acts(name)) {
                        found.add(name);
                    }
                }
            }
        }
        assertTrue(found.size() > 50, "only " + found.size() + " classes to trace");
        return found;
    }

    private static boolean acts(String name) throws ClassNotFoundException {
        Class<?> type = Class.forName(name, false, PutTraceTest.class.getClassLoader());
        return !type.isRecord()
                && !type.isEnum()
                && !type.isInterface()
                && !name.endsWith("Metrics")
                && !Modifier.isAbstract(type.getModifiers());
    }

    private static String shortName(String name) {
        return name.replaceFirst("^io\\.metastore\\.", "");
    }

    /// The classes in the second column of the page's walk, each where it is first named.
    private static List<String> named() throws IOException {
        String page = Files.readString(Path.of("docs/architecture.md"));
        String walk = page.substring(page.indexOf("## The life of a Put"), page.indexOf("## State on disk"));
        Set<String> named = new LinkedHashSet<>();
        for (String line : walk.lines().filter(row -> row.startsWith("|")).toList()) {
            Matcher matcher = Pattern.compile("`([a-z.]+\\.[A-Z][A-Za-z]+)`").matcher(line.split("\\|")[2]);
            while (matcher.find()) {
                named.add(matcher.group(1));
            }
        }
        return named.stream().collect(Collectors.toList());
    }
}
