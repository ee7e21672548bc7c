package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.cli.CommandLine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
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

/// docs/architecture.md walks a Put through the house. This traces a real one and finds exactly the classes
/// that the page names, in the order in which they are first met.
///
/// Looked at are the classes that do something, a nested one counting as the one around it: not records, enums,
/// interfaces, nor what only measures.
class PutTraceTest {
    private static final List<String> ROOMS =
            List.of("api", "service", "consensus", "machine", "lease", "watch", "mvcc", "engine");

    /// Threads that look around now and then, whatever is put.
    private static final Set<String> OTHER_THREADS = Set.of(
            "clock",
            "compaction",
            "call-rules",
            "disk-room",
            "lease-expiry",
            "peer-limits",
            "peer-pings",
            "raft-clock");

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
            PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            MemberPorts ports = new MemberPorts(member, new Serving(member).services(), registry, registry::scrape);
            ports.openClients();
            try {
                int port = ports.clientPorts().values().iterator().next();
                events = record(port, folder.resolve("put.jfr"));
            } finally {
                ports.stop(Duration.ofSeconds(2));
            }
        }
        List<RecordedEvent> inOrder = events.stream()
                .filter(event -> !OTHER_THREADS.contains(event.getThread().getJavaName()))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
        int begin = 0;
        for (int i = 0; i < inOrder.size(); i++) {
            if (shortName(inOrder.get(i)).equals("api.KvEndpoint")) {
                begin = Math.max(begin, firstOfRun(inOrder, i));
            }
        }
        List<RecordedEvent> since = inOrder.subList(begin, inOrder.size());
        RecordedEvent applying = since.stream()
                .filter(event -> isMethod(event, "onApply"))
                .reduce((_, later) -> later)
                .orElseThrow();
        Set<String> met = new LinkedHashSet<>();
        since.stream().filter(event -> !isLeftOver(event, applying)).forEach(event -> met.add(shortName(event)));
        return new ArrayList<>(met);
    }

    /// The put before is answered while the apply thread has still something to tidy up after it.
    private static boolean isLeftOver(RecordedEvent event, RecordedEvent applying) {
        return event.getThread().getId() == applying.getThread().getId()
                && event.getStartTime().isBefore(applying.getStartTime());
    }

    private static boolean isMethod(RecordedEvent event, String name) {
        RecordedMethod method = event.getValue("method");
        return method.getName().equals(name);
    }

    /// Where the call that event `i` belongs to begins: the second of the two puts that were traced is the one
    /// looked at.
    private static int firstOfRun(List<RecordedEvent> events, int i) {
        return isMethod(events.get(i), "put") ? i : 0;
    }

    private static ServerConfig config(Path folder) {
        CommandLine.Next next = new CommandLine(Map.of(), new Properties(), System.out, System.err)
                .run(
                        "server",
                        "--data-dir=" + folder.resolve("data"),
                        // Otherwise the engine is asked for its size whenever the last answer is a tenth of a second
                        // old.
                        "--quota-backend-bytes=-1",
                        "--listen-client-urls=http://127.0.0.1:0",
                        "--listen-peer-urls=http://127.0.0.1:0",
                        "--advertise-client-urls=http://127.0.0.1:2379");
        return ((CommandLine.Next.Serve) next).config();
    }

    /// The first put loads classes and opens connections, the second meets threads that began to wait before
    /// they were traced, the third is looked at.
    private static List<RecordedEvent> record(int port, Path file) throws Exception {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try (Recording recording = new Recording()) {
            KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
            PutRequest put = PutRequest.newBuilder()
                    // Too long to be among the hot keys, so that its newest version has to be looked up.
                    .setKey(ByteString.copyFromUtf8("key".repeat(500)))
                    .setValue(ByteString.copyFromUtf8("value"))
                    .build();
            kv.put(put);
            recording
                    .enable("jdk.MethodTrace")
                    .with("filter", String.join(";", classes()))
                    .withoutStackTrace();
            recording.start();
            kv.put(put);
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
        Path root = Path.of(
                Member.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Set<String> found = new TreeSet<>();
        for (String room : ROOMS) {
            try (Stream<Path> files = Files.walk(root.resolve("io/metastore/" + room))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".class")).toList()) {
                    String name =
                            root.relativize(file).toString().replace('/', '.').replaceAll("\\.class$", "");
                    if (!name.contains(".etcd.") && !name.contains(".replicated.") && acts(name)) {
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
        if (type.getNestHost() != type && !acts(type.getNestHost().getName())) {
            return false;
        }
        return !type.isRecord()
                && !type.isEnum()
                && !type.isInterface()
                && !name.endsWith("Metrics")
                && !Modifier.isAbstract(type.getModifiers());
    }

    private static String shortName(RecordedEvent event) {
        RecordedMethod method = event.getValue("method");
        return method.getType().getName().replaceFirst("^io\\.metastore\\.", "").replaceFirst("\\$.*", "");
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
