package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Requests;
import io.metastore.consensus.log.Entry;
import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.log.SegmentSizes;
import io.metastore.faults.PlantedProgram;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The way out of docs/failures.md for an entry that stops the member at each start, gone step by step on the program.
@Tag("blackbox")
@Timeout(300)
class PoisonEntryIT {
    private static final int KEYS = 40;
    private static final Pattern NAMED = Pattern.compile(
            "metastore: the member stops: applying entry (\\d+) of the raft log failed \\(term (\\d+), checksum"
                    + " ([0-9a-f]{8}), (.+?); to see it: metastore (log show --data-dir \\S+ --index \\d+)\\): .*");

    @TempDir
    private Path folder;

    @BeforeEach
    void metaStore() {
        Assumptions.assumeTrue(
                MemberTarget.current() instanceof MemberTarget.Program && !MemberTarget.isEtcd(),
                "about MetaStore's own commands");
    }

    /// How a command ended, and all that it wrote.
    private record Ended(int status, String said) {}

    private Ended run(Server server, List<String> words) throws Exception {
        List<String> command = new ArrayList<>(List.of(server.commandLine().getFirst()));
        command.addAll(words);
        Path output = Files.createTempFile(folder, "command", ".out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        int status = process.waitFor();
        return new Ended(status, Files.readString(output));
    }

    private static List<String> skip(Server server, Matcher entry, String checksum) {
        return List.of(
                "log",
                "skip",
                "--data-dir",
                server.data().toString(),
                "--index",
                entry.group(1),
                "--term",
                entry.group(2),
                "--checksum",
                checksum,
                "--reason",
                "a test");
    }

    private static void fill(Server server) {
        for (int i = 0; i < KEYS; i++) {
            server.client().put(Requests.bytes("key-%04d".formatted(i)), "value " + i);
        }
    }

    private static void assertWhole(Server server) {
        var pairs = server.client()
                .range(Requests.range(Requests.bytes("key-"), Requests.bytes("key.")))
                .getKvsList();
        assertEquals(KEYS, pairs.size());
        for (int i = 0; i < KEYS; i++) {
            assertEquals("key-%04d".formatted(i), pairs.get(i).getKey().toStringUtf8());
            assertEquals("value " + i, pairs.get(i).getValue().toStringUtf8());
        }
    }

    /// The last words of a member that ended with status 70, which name the entry.
    private static Matcher lastWords(Server server) {
        Server.End end = server.awaitEnd(Server.START);
        assertEquals(70, end.status(), end::output);
        Matcher named = Stream.of(end.output().split("\n"))
                .map(NAMED::matcher)
                .filter(Matcher::matches)
                .reduce((_, last) -> last)
                .orElseThrow(() -> new AssertionError(end.output()));
        return named;
    }

    /// Halts twice in the same words, is shown, is skipped when all three values are right, and then serves.
    private void wayOut(Server server, String types, String shown) throws Exception {
        Matcher first = lastWords(server);
        assertEquals(types, first.group(4));
        server.launch(List.of());
        Matcher named = lastWords(server);
        assertEquals(first.group(), named.group(), "the same at each start");

        Ended show = run(server, List.of(named.group(5).split(" ")));
        assertEquals(0, show.status(), show.said());
        assertTrue(
                show.said()
                        .contains("entry " + named.group(1) + "  term " + named.group(2) + "  checksum "
                                + named.group(3)),
                show.said());
        assertTrue(show.said().contains(shown), show.said());

        Ended wrong = run(server, skip(server, named, named.group(3).equals("00000000") ? "00000001" : "00000000"));
        assertEquals(2, wrong.status(), wrong.said());
        assertTrue(wrong.said().contains("and checksum " + named.group(3) + ", not term"), wrong.said());
        server.launch(List.of());
        assertEquals(first.group(), lastWords(server).group(), "nothing is skipped yet");

        Ended skipped = run(server, skip(server, named, named.group(3)));
        assertEquals(0, skipped.status(), skipped.said());
        server.start();
        String warned = "entry " + named.group(1) + " of term " + named.group(2) + " with checksum " + named.group(3)
                + " is skipped, as it is marked (a test)";
        assertTrue(server.output().contains(warned), server.output());
        assertEquals(
                75,
                run(server, List.of("log", "show", "--data-dir", server.data().toString()))
                        .status());
        livesOn(server);
    }

    /// Everything is there, writes work, and so do a kill, a snapshot and a restart.
    private void livesOn(Server server) throws Exception {
        assertWhole(server);
        long revision = server.client().revision();
        server.client().put(Requests.bytes("after"), "1");
        assertEquals(revision + 1, server.client().revision());
        server.kill();
        server.start("--snapshot-count=20");
        assertWhole(server);
        assertEquals(revision + 1, server.client().revision());
        for (int i = 0; i < 60; i++) {
            server.client().put(Requests.bytes("after"), "value " + i);
        }
        awaitSnapshot(server);
        server.stop();
        server.start();
        assertWhole(server);
        assertEquals(revision + 61, server.client().revision());
        server.stop();
        Ended list =
                run(server, List.of("log", "skip", "--data-dir", server.data().toString(), "--list"));
        assertTrue(list.said().contains(": a test"), "kept when the log is cut: " + list.said());
    }

    private static void awaitSnapshot(Server server) {
        Path snapshots = server.data().resolve("member/raft/snapshot");
        io.metastore.Eventually.holds("a snapshot", Duration.ofSeconds(60), () -> {
            try (Stream<Path> files = Files.list(snapshots)) {
                return files.anyMatch(file -> file.getFileName().toString().matches("snapshot_\\d+"));
            } catch (IOException _) {
                return false; // not made yet
            }
        });
    }

    @Test
    void anEntryThatNobodyCanDecode() throws Exception {
        try (Server server = new Server(folder)) {
            server.start();
            fill(server);
            server.stop();
            try (RaftLog log = RaftLog.open(new DataFolder(server.data()).log(), SegmentSizes.DEFAULT)) {
                // A batch of one command, of a kind that no version has.
                byte[] unknown = {2, 0x0a, 3, 0x7a, 1, 0x55};
                long term = log.read(log.last()).term();
                Entry poison = new Entry(term, Entry.Kind.COMMANDS, ByteBuffer.wrap(unknown));
                log.append(log.last() + 1, List.of(poison));
            }
            server.launch(List.of());
            wayOut(server, "1 undecodable", "undecodable, 3 bytes: ");
        }
    }

    /// The program has a fault: it throws when it applies the put of one key. Only a copy of it has, see
    /// `src/test/faults/cases`.
    @Test
    void anEntryThatTheMachineThrowsAt() throws Exception {
        Assumptions.assumeTrue(MemberTarget.current().label().equals("jar"), "plants a fault in the jar");
        String home = System.getProperty("metastore.home");
        Path scratch = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "planted");
        System.setProperty(
                "metastore.home",
                PlantedProgram.home("machine-throws-at-one-key", scratch).toString());
        try (Server server = new Server(folder)) {
            server.start();
            fill(server);
            boolean acknowledged = true;
            try {
                server.client().put(Requests.bytes("poison"), "a secret");
            } catch (io.grpc.StatusRuntimeException _) {
                acknowledged = false;
            }
            assertFalse(acknowledged, "the member has no fault");
            wayOut(server, "1 Put", "  Put \"poison\", value of 8 bytes\n");
        } finally {
            System.setProperty("metastore.home", home == null ? "." : home);
            delete(scratch);
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(java.util.Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }

    /// What the planted fault above is noticed by.
    @Test
    void everyKeyIsApplied() {
        try (Server server = new Server(folder)) {
            server.start();
            server.client().put(Requests.bytes("poison"), "1");
            server.kill();
            server.start();
            assertEquals(
                    "1",
                    server.client()
                            .range(Requests.range(Requests.bytes("poison"), Requests.bytes("poison\0")))
                            .getKvs(0)
                            .getValue()
                            .toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void aDamagedListOfMarksStopsTheStart() throws Exception {
        try (Server server = new Server(folder)) {
            server.start();
            server.stop();
            Path marks = server.data().resolve("member/raft/skipped");
            Files.writeString(marks, "skipped entries, format 1\n7 1 00000000 \ncrc32c 00000000\n");
            server.launch(List.of());
            Said said = Said.of(server.awaitEnd(Server.START), server.data());
            assertEquals("65", said.status());
            assertEquals(
                    "the member cannot start: DATA-DIR/member/raft/skipped is damaged: it does not fit its checksum;"
                            + " bring the undamaged files back, or restore a backup into another data-dir",
                    said.line());
            Files.delete(marks);
            server.start();
        }
    }
}
