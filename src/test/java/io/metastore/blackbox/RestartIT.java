package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.mvccpb.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// A member killed after many writes comes back on a small heap with every revision, once, from the log alone and
/// from a snapshot. `-Dmetastore.restart.writes=500000` is the full size. Times are printed, not judged.
@BlackBox
@Timeout(value = 15, unit = TimeUnit.MINUTES)
@DisabledIf(value = "io.metastore.blackbox.MemberTarget#isEtcd", disabledReason = "data folder of MetaStore")
@EnabledOnOs(value = OS.LINUX, disabledReason = "reads from /proc what memory a process used")
class RestartIT {
    private static final int WRITES = Integer.getInteger("metastore.restart.writes", 20_000);
    private static final int WRITERS = 500;
    private static final int VALUE_BYTES = 128;
    private static final Duration WRITING = Duration.ofMinutes(5);
    private static final String SMALL_HEAP = "-Xmx256m";

    /// Heap, what the virtual machine needs beside it, memtables and block caches of two databases. Half a million
    /// writes as objects, or as one entry of the log each, would not fit.
    private static final long MOST_MEMORY = 768 * MemberMemory.MIB;

    /// So many bytes of log per write between snapshots: a handful of them while the writers run.
    private static final int SNAPSHOT_BYTES_PER_WRITE = 40;

    private static final int TAIL_VALUE_BYTES = 64 * 1024;

    /// What must be the same before and after.
    record State(long revision, int hash, long keys) {
        static State of(Client client, Keys keys) {
            return new State(
                    client.revision(),
                    client.maintenance()
                            .hashKV(HashKVRequest.getDefaultInstance())
                            .getHash(),
                    client.range(range(keys).setCountOnly(true)).getCount());
        }
    }

    @Test
    @OwnMember
    void fromTheLogAlone(Member member, Keys keys) throws IOException {
        member.stop();
        Path state = member.dataDir().resolve("member/state");
        Path early = member.dataDir().resolveSibling("early");
        copy(state, early);
        member.restart();
        fill(member, keys);
        assertEquals(List.of(), snapshots(member));

        long replayed = killAndRestart("without a snapshot", member, keys, () -> {});
        assertTrue(replayed > 0, "nothing was replayed, so the log was not needed");

        // A full memory table is written out by itself, so what is replayed is the end of the log. Now all of it.
        replayed = killAndRestart("with the whole log to replay", member, keys, () -> {
            Files.move(state, member.dataDir().resolveSibling("late"));
            Files.move(early, state);
        });
        assertTrue(replayed > WRITES, replayed + " commands replayed");
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void fromASnapshot(Keys keys) throws IOException {
        long logBytes = Math.max(1 << 20, (long) WRITES * SNAPSHOT_BYTES_PER_WRITE);
        try (Member member = Member.startOwn("--metastore.snapshot.log-bytes=" + logBytes)) {
            fill(member, keys);
            int tail = writeUntilSnapshot(member, keys, logBytes);

            long replayed = killAndRestart("after a snapshot", member, keys, () -> {});

            // Those of the tail behind the snapshot at the most, and never the writes before it.
            assertTrue(replayed <= tail, () -> replayed + " commands replayed, " + tail + " written at the end");
        }
    }

    private static void fill(Member member, Keys keys) {
        long start = System.nanoTime();
        Writers writers = Writers.run(new Writers.Load(WRITERS, 20, VALUE_BYTES, WRITES, WRITING), member, keys);
        assertEquals(WRITES, writers.acknowledged());
        System.out.printf("%,d writes in %.1f s%n", WRITES, (System.nanoTime() - start) / 1e9);
    }

    /// Writes large values until two snapshots have come; returns how many. The first may have been due before, and
    /// stand before the last of the other writes.
    private static int writeUntilSnapshot(Member member, Keys keys, long logBytes) throws IOException {
        Set<String> before = Set.copyOf(snapshots(member));
        Set<String> since = new HashSet<>();
        ByteString tail = keys.key("tail");
        String value = "x".repeat(TAIL_VALUE_BYTES);
        int most = (int) (10 * logBytes / TAIL_VALUE_BYTES);
        for (int written = 1; written <= most; written++) {
            member.client().put(tail, value);
            since.addAll(snapshots(member));
            since.removeAll(before);
            if (since.size() >= 2) {
                return written;
            }
        }
        throw new AssertionError(most + " writes of 64 KiB made these snapshots only: " + since);
    }

    private static List<String> snapshots(Member member) throws IOException {
        Path folder = member.dataDir().resolve("member/raft/snapshot");
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("snapshot_"))
                    .sorted()
                    .toList();
        }
    }

    /// What happens to the data of a member that is down.
    private interface WhileDown {
        void run() throws IOException;
    }

    /// Kills the member, starts it on a small heap, and checks that all is as before; returns how many commands it
    /// applied again.
    private static long killAndRestart(String how, Member member, Keys keys, WhileDown whileDown) throws IOException {
        State before = State.of(member.client(), keys);
        member.kill();
        whileDown.run();
        member.javaOptions(SMALL_HEAP);
        long start = System.nanoTime();
        member.restart();
        double seconds = (System.nanoTime() - start) / 1e9;
        long replayed = Scrape.parse(member.metrics()).count("metastore_apply_chunk_commands_sum");
        MemberMemory memory = new MemberMemory(member);
        long peakAtStart = memory.mostResident();

        assertEquals(before, State.of(member.client(), keys));
        assertEveryRevisionOnce(member.client(), before.revision());
        assertEquals(before.revision() + 1, member.client().putRevision(keys.key("next/" + how), "1"));
        long peak = memory.mostResident();
        System.out.printf(
                "restart %s: revision %,d, ready after %.1f s with %,d commands replayed, "
                        + "peak memory %,d MiB when ready, %,d MiB after hash and history, heap %s%n",
                how,
                before.revision(),
                seconds,
                replayed,
                peakAtStart / MemberMemory.MIB,
                peak / MemberMemory.MIB,
                SMALL_HEAP);
        assertTrue(peak <= MOST_MEMORY, () -> peak + " bytes at the most");
        return replayed;
    }

    /// Reads the whole history: revisions 2 to the last, each exactly once, in order.
    private static void assertEveryRevisionOnce(Client client, long last) {
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(WatchCall.one(Requests.FROM_KEY, 2).setRangeEnd(Requests.FROM_KEY));
            long expected = 2;
            while (expected <= last) {
                for (Event event : watch.nextEvents().getEventsList()) {
                    assertEquals(expected, event.getKv().getModRevision());
                    expected++;
                }
            }
            assertEquals(last + 1, expected);
        }
    }
}
