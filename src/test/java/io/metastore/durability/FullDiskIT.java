package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest.AlarmAction;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Refusal;
import io.metastore.blackbox.Requests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A file system of 1 GiB, or of `full-disk.mib`, is filled by several writers. The member refuses puts before it has
/// to
/// stop, and deletes, a compaction and `alarm disarm` bring writes back, without a restart.
@Tag("blackbox")
@Timeout(900)
class FullDiskIT {
    private static final int MIB = Integer.getInteger("full-disk.mib", 1024);
    private static final int WRITERS = 6;
    /// Writers whose keys are deleted when the disk is full.
    private static final int DELETED = 4;

    private static final int SMALLEST_VALUE = 1 << 10;
    private static final int LARGEST_VALUE = 100 << 10;

    /// How long deletes and a compaction may take to give their room back on a busy machine.
    private static final Duration GIVEN_BACK = Duration.ofMinutes(3);

    /// What was acknowledged: the seed of each key's value.
    private final Map<String, Long> acknowledged = new ConcurrentSkipListMap<>();

    @TempDir
    private Path folder;

    @BeforeEach
    void metaStore() {
        Assumptions.assumeTrue(
                MemberTarget.current() instanceof MemberTarget.Program && !MemberTarget.isEtcd(),
                "etcd has no alarm for its disk: it ends when it is full");
    }

    @Test
    void deletesBringWritesBack() throws Exception {
        try (OwnDisk disk = OwnDisk.ofMib(folder, MIB);
                Server server = new Server(folder, disk.folder().resolve("data"))) {
            server.start();
            fillUntilRefused(server, 0, WRITERS);
            assertFull(server);
            deleteAndDisarm(server, disk);
            fillUntilRefused(server, 0, DELETED);
            assertFull(server);
            deleteAndDisarm(server, disk);
            assertStopsInOrder(server);
        }
    }

    @Test
    void killedWhileFull() throws Exception {
        try (OwnDisk disk = OwnDisk.ofMib(folder, MIB);
                Server server = new Server(folder, disk.folder().resolve("data"))) {
            server.start();
            fillUntilRefused(server, 0, WRITERS);
            for (int i = 0; i < 3; i++) {
                server.kill();
                server.start();
                assertFull(server);
            }
            assertWhole(server);
            deleteAndDisarm(server, disk);
            assertStopsInOrder(server);
        }
    }

    @Test
    void anotherProgramTakesTheRest() throws Exception {
        try (OwnDisk disk = OwnDisk.ofMib(folder, MIB);
                Server server = new Server(folder, disk.folder().resolve("data"))) {
            server.start();
            fillUntil(server, () -> disk.usable() < (MIB * 2L << 20) / 5);
            Path reserve = disk.folder().resolve("data/member/reserve");
            Eventually.holds("the file in reserve is there", () -> Files.exists(reserve));
            Path foreign = disk.fill();
            fillUntilRefused(server, 0, WRITERS);
            assertFull(server);
            server.kill();
            server.start();
            assertFull(server);
            delete(server);
            Eventually.holds(
                    "the table files of what was deleted are gone", GIVEN_BACK, () -> disk.usable() > 64 << 20);
            assertWhole(server);
            Files.delete(foreign);
            disarm(server);
            fillUntil(server, () -> acknowledged.size() % 500 == 499);
            assertWhole(server);
            assertStopsInOrder(server);
        }
    }

    /// Several clients put at once until each of them is refused, with etcd's words for it.
    private void fillUntilRefused(Server server, int from, int to) throws Exception {
        put(server, from, to, () -> false);
    }

    private void fillUntil(Server server, BooleanSupplier enough) throws Exception {
        put(server, 0, WRITERS, enough);
    }

    private void put(Server server, int from, int to, BooleanSupplier enough) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(to - from)) {
            List<Future<?>> running = IntStream.range(from, to)
                    .<Future<?>>mapToObj(writer -> threads.submit(() -> putAll(server, writer, enough)))
                    .toList();
            for (Future<?> one : running) {
                one.get();
            }
        } catch (ExecutionException failed) {
            throw new AssertionError(failed.getCause().getMessage() + "\n" + server.output(), failed);
        }
    }

    private void putAll(Server server, int writer, BooleanSupplier enough) {
        Random random = new Random(writer);
        try (Client client = server.connect()) {
            for (int i = 0; !enough.getAsBoolean(); i++) {
                // Every fourth put is of a key that is there.
                String key = "key-%d-%06d".formatted(writer, i % 4 == 3 ? random.nextInt(i) : i);
                long seed = random.nextLong();
                try {
                    client.kv()
                            .put(PutRequest.newBuilder()
                                    .setKey(Requests.bytes(key))
                                    .setValue(value(seed))
                                    .build());
                } catch (StatusRuntimeException refused) {
                    assertEquals(Refusal.NO_SPACE.text(), refused.getStatus().getDescription());
                    assertEquals(Refusal.NO_SPACE.code(), refused.getStatus().getCode());
                    return;
                }
                acknowledged.put(key, seed);
            }
        }
    }

    /// Of 1 to 100 KiB, most of them small; it cannot be compressed.
    private static ByteString value(long seed) {
        Random random = new Random(seed);
        double share = random.nextDouble();
        byte[] bytes = new byte[SMALLEST_VALUE + (int) ((LARGEST_VALUE - SMALLEST_VALUE) * share * share)];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    /// The alarm is raised, what takes space is refused, everything else works.
    private void assertFull(Server server) {
        assertTrue(server.isAlive(), server::output);
        Client client = server.client();
        assertEquals(List.of(AlarmType.NOSPACE), alarms(client));
        Refusal.NO_SPACE.of(() -> client.put(Requests.bytes("more"), "v"));
        Refusal.NO_SPACE.of(() -> client.grant(60));
        String some = acknowledged.keySet().iterator().next();
        assertEquals(
                value(acknowledged.get(some)),
                client.get(Requests.bytes(some)).orElseThrow().getValue());
        assertNotEquals(0, client.delete(Requests.bytes("nothing")));
    }

    private static List<AlarmType> alarms(Client client) {
        return client
                .maintenance()
                .alarm(AlarmRequest.newBuilder()
                        .setAction(AlarmAction.GET)
                        .setAlarm(AlarmType.NONE)
                        .build())
                .getAlarmsList()
                .stream()
                .map(AlarmMember::getAlarm)
                .toList();
    }

    private void deleteAndDisarm(Server server, OwnDisk disk) {
        long before = disk.usable();
        long began = System.nanoTime();
        delete(server);
        Eventually.holds(
                "half of the disk is free again, " + (before >> 20) + " MiB were before",
                GIVEN_BACK,
                () -> disk.usable() > (long) MIB << 19);
        System.out.printf(
                "from %d MiB to %d MiB left in %d ms%n",
                before >> 20, disk.usable() >> 20, (System.nanoTime() - began) / 1_000_000);
        assertWhole(server);
        disarm(server);
        Client client = server.client();
        for (int i = 0; i < 200; i++) {
            client.put(Requests.bytes("again"), "v" + i);
        }
        assertEquals(List.of(), alarms(client));
    }

    /// Some keys one by one, then all of some writers in one request each, then a compaction.
    private void delete(Server server) {
        Client client = server.client();
        List<String> first = acknowledged.keySet().stream().limit(500).toList();
        for (String key : first) {
            client.delete(Requests.bytes(key));
        }
        for (int writer = 0; writer < DELETED; writer++) {
            ByteString prefix = Requests.bytes("key-" + writer + "-");
            client.kv()
                    .deleteRange(
                            Requests.delete(prefix, Requests.prefixEnd(prefix)).build());
            acknowledged.keySet().removeIf(key -> key.startsWith(prefix.toStringUtf8()));
        }
        client.kv(GIVEN_BACK).compact(Requests.compaction(client.revision()));
    }

    private static void disarm(Server server) {
        Eventually.holds("the alarm stays down", () -> {
            Client client = server.client();
            client.maintenance()
                    .alarm(AlarmRequest.newBuilder()
                            .setAction(AlarmAction.DEACTIVATE)
                            .setMemberID(client.range(Requests.range(Requests.bytes("ready?")))
                                    .getHeader()
                                    .getMemberId())
                            .setAlarm(AlarmType.NOSPACE)
                            .build());
            return alarms(client).isEmpty();
        });
    }

    private void assertWhole(Server server) {
        Map<String, Boolean> found = new TreeMap<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            ByteString from = Requests.bytes("key-" + writer + "-");
            ByteString end = Requests.prefixEnd(from);
            List<KeyValue> page;
            do {
                page = server.client()
                        .range(Requests.range(from, end).setLimit(200))
                        .getKvsList();
                for (KeyValue pair : page) {
                    String key = pair.getKey().toStringUtf8();
                    Long seed = acknowledged.get(key);
                    found.put(key, seed != null && value(seed).equals(pair.getValue()));
                }
                from = page.isEmpty() ? end : Requests.after(page.getLast().getKey());
            } while (!page.isEmpty());
        }
        Map<String, Boolean> expected = new TreeMap<>();
        acknowledged.keySet().forEach(key -> expected.put(key, true));
        assertEquals(expected, found);
    }

    private static void assertStopsInOrder(Server server) {
        Server.End end = server.stop();
        assertTrue(end.status() == 0 || end.status() == 143, end::output);
    }
}
