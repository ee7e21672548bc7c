package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.consensus.jraft.CheckedText;
import io.metastore.consensus.jraft.SkippedEntries;
import io.metastore.consensus.jraft.SkippedEntry;
import io.metastore.consensus.log.Entry;
import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.log.SegmentSizes;
import io.metastore.engine.Capture;
import io.metastore.engine.Engine;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.engine.memory.MemoryEngine;
import io.metastore.engine.rocksdb.RocksEngine;
import io.metastore.engine.rocksdb.RocksSettings;
import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.EntryCodec;
import io.metastore.machine.Origin;
import io.metastore.mvcc.MvccStore;
import io.metastore.server.DataDirectory;
import io.metastore.value.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `metastore log` on the folder of a member that has applied entries 1 to 3 of five: members, three puts and an
/// entry of nothing at the end.
class LogCommandTest {
    private static final byte[] UNKNOWN_COMMAND = {2, 0x0a, 3, 0x7a, 1, 0x55};

    @TempDir
    private Path folder;

    private final List<Entry> entries = new ArrayList<>();
    private Path data;
    private String out;
    private String err;

    private static ByteBuffer put(String key) {
        Command.Put put = new Command.Put(Bytes.utf8(key), Bytes.utf8("hidden"), 0, false, false, false);
        return EntryCodec.encode(Origin.NONE, List.of(CommandCodec.encode(put)));
    }

    @BeforeEach
    void write() throws IOException {
        data = folder.resolve("data");
        entries.add(new Entry(
                2, Entry.Kind.CONFIGURATION, ByteBuffer.wrap("a:1\n\n\n\n".getBytes(StandardCharsets.US_ASCII))));
        entries.add(new Entry(2, Entry.Kind.COMMANDS, put("one")));
        entries.add(new Entry(2, Entry.Kind.COMMANDS, put("two")));
        entries.add(new Entry(3, Entry.Kind.COMMANDS, ByteBuffer.wrap(UNKNOWN_COMMAND)));
        entries.add(new Entry(3, Entry.Kind.NOTHING, ByteBuffer.allocate(0)));
        try (DataDirectory directory = DataDirectory.open(data);
                RaftLog log = RaftLog.open(directory.raft().resolve("log"), SegmentSizes.DEFAULT);
                RocksEngine engine = new RocksEngine(directory.state(), new RocksSettings(1 << 20, 1 << 20))) {
            for (Entry entry : entries) {
                log.append(log.last() + 1, List.of(entry));
            }
            WriteBatch state = engine.newBatch();
            byte[] row = ByteBuffer.allocate(40)
                    .putLong(3)
                    .putLong(2)
                    .putLong(7)
                    .putLong(-1)
                    .putLong(0)
                    .array();
            state.put(Table.META, "state".getBytes(StandardCharsets.US_ASCII), row);
            engine.write(state);
            engine.flush();
        }
    }

    private int run(String... words) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int status = LogCommand.run(
                List.of(words),
                new PrintStream(outBytes, true, StandardCharsets.UTF_8),
                new PrintStream(errBytes, true, StandardCharsets.UTF_8));
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return status;
    }

    private int show(String... flags) {
        return run(Stream.concat(Stream.of("show", "--data-dir", data.toString()), Stream.of(flags))
                .toArray(String[]::new));
    }

    private int skip(long index, long term, int checksum, String... flags) {
        return run(Stream.concat(
                        Stream.of(
                                "skip",
                                "--data-dir=" + data,
                                "--index=" + index,
                                "--term=" + term,
                                "--checksum=" + SkippedEntry.text(checksum)),
                        Stream.of(flags))
                .toArray(String[]::new));
    }

    private int sum(int index) {
        return entries.get(index - 1).checksum();
    }

    private String hex(int index) {
        return SkippedEntry.text(sum(index));
    }

    private SkippedEntries marks() {
        return SkippedEntries.read(data.resolve("member/raft"));
    }

    private Map<Path, byte[]> files() throws IOException {
        Map<Path, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(file, Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private void refused(int status, int expected, String line) {
        assertEquals(expected, status, err);
        assertTrue(err.startsWith("metastore: nothing was changed: ") && err.contains(line), err);
        assertEquals(List.of(), marks().list());
    }

    @Test
    void theLogIsShownAndNothingChanged() throws IOException {
        Map<Path, byte[]> before = files();
        assertEquals(0, show(), () -> err);
        assertEquals("""
                data-dir   DATA
                state      on disk as of index 3, term 2, revision 7
                raft log   entries 1 to 5
                entry 1  term 2  checksum %s  members  7 bytes
                  a:1
                entry 2  term 2  checksum %s  commands  50 bytes  applied
                  Put "one", value of 6 bytes
                entry 3  term 2  checksum %s  commands  50 bytes  applied
                  Put "two", value of 6 bytes
                entry 4  term 3  checksum %s  commands  6 bytes  to be applied
                  undecodable, 3 bytes: an entry of the raft log cannot be applied: it holds a command of an unknown kind
                    0x7a0155
                entry 5  term 3  checksum %s  nothing  0 bytes
                """.formatted(hex(1), hex(2), hex(3), hex(4), hex(5)), out.replace(data.toString(), "DATA"));
        assertEquals(0, show("--index", "2", "--values"), () -> err);
        assertTrue(out.endsWith("  Put \"one\", value of 6 bytes \"hidden\"\n"), out);
        assertFalse(out.contains("entry 3"), out);
        Map<Path, byte[]> after = files();
        assertEquals(before.keySet(), after.keySet());
        before.forEach((file, content) -> assertArrayEquals(content, after.get(file), file.toString()));
    }

    @Test
    void whatIsNotThereIsSaid() {
        refused(show("--index=6"), 2, "the log does not hold entry 6: it has entries 1 to 5");
        refused(skip(6, 3, 1), 2, "the log does not hold entry 6: it has entries 1 to 5");
        refused(show("--from=3", "--to=2"), 2, "--from 3 is greater than --to 2");
        refused(show("--index=3", "--to=2"), 2, "--index is for one entry");
        refused(show("--idnex=3"), 2, "unknown flag --idnex; the nearest known is --index");
        refused(show("--index=x"), 2, "--index: \"x\" is not a whole number from 1 on");
        refused(run("show"), 2, "--data-dir is missing");
        refused(run("shwo"), 2, "unknown subcommand \"log shwo\"; the nearest known is \"log show\"");
        refused(run("show", "--data-dir", folder + "/none"), 2, "none is not that of a member");
        assertTrue(Files.notExists(folder.resolve("none")));
    }

    @Test
    void onlyWhatIsConfirmedIsSkipped() throws IOException {
        refused(
                skip(4, 3, sum(4) + 1),
                2,
                "entry 4 of the log has term 3 and checksum " + hex(4) + ", not term 3 and checksum "
                        + SkippedEntry.text(sum(4) + 1));
        refused(skip(4, 2, sum(4)), 2, "entry 4 of the log has term 3 and checksum " + hex(4) + ", not term 2");
        refused(run("skip", "--data-dir=" + data, "--index=4", "--term=3"), 2, "--checksum is missing");
        refused(
                run("skip", "--data-dir=" + data, "--index=4", "--term=3", "--checksum=12"),
                2,
                "--checksum: \"12\" is not eight digits");
        refused(skip(1, 2, sum(1)), 2, "entry 1 holds no commands (members): raft itself takes it");
        refused(skip(5, 3, sum(5)), 2, "entry 5 holds no commands (nothing)");

        assertEquals(0, skip(4, 3, sum(4), "--reason", "no such command"), () -> err);
        assertTrue(out.contains("0x7a0155") && out.contains("is marked: this member will not apply it"), out);
        assertTrue(marks().contains(4, 3, sum(4)));
        assertEquals("no such command", marks().list().getFirst().reason());
        assertEquals(0, skip(4, 3, sum(4)), () -> err);
        assertTrue(out.contains("is marked to be skipped already"), out);
        assertEquals(0, run("skip", "--data-dir", data.toString(), "--list"), () -> err);
        assertEquals("marked to be skipped:\n  entry 4 of term 3 with checksum " + hex(4) + ": no such command\n", out);
        assertEquals(0, show("--index=4"));
        assertTrue(out.contains(" 6 bytes  to be skipped\n"), out);
    }

    @Test
    void whatTheStateHoldsIsNotSkipped() {
        refused(skip(3, 2, sum(3)), 2, "the state has applied the log up to index 3: entry 3 lies behind it");
        refused(skip(2, 2, sum(2)), 2, "the state has applied the log up to index 3: entry 2 lies behind it");
    }

    @Test
    void aMarkIsTakenBackOnlyBeforeItWasPassed() throws IOException {
        assertEquals(0, skip(4, 3, sum(4)), () -> err);
        assertEquals(2, skip(4, 3, sum(4) + 1, "--undo"));
        assertTrue(err.contains("is not marked, but entry 4 of term 3 with checksum " + hex(4)), err);
        assertTrue(marks().contains(4, 3, sum(4)));
        assertEquals(0, skip(4, 3, sum(4), "--undo"), () -> err);
        assertEquals(List.of(), marks().list());

        marks().with(new SkippedEntry(2, 2, sum(2), "")).write(data.resolve("member/raft"));
        assertEquals(2, skip(2, 2, sum(2), "--undo"));
        assertTrue(err.contains("the state has applied the log up to index 3: entry 2 lies behind it"), err);
        assertTrue(marks().contains(2, 2, sum(2)), "kept for ever");
    }

    @Test
    void whileAMemberRunsNothingIsDone() throws IOException {
        try (DataDirectory running = DataDirectory.open(data)) {
            assertTrue(Files.isDirectory(running.raft()));
            refused(show(), 75, "is in use by another");
            refused(skip(4, 3, sum(4)), 75, "is in use by another");
        }
    }

    @Test
    void aDamagedEntryIsNamedAndNotSkipped() throws IOException {
        Path file = data.resolve("member/raft/log/0000000000000001.log");
        byte[] content = Files.readAllBytes(file);
        content[512 * 4 + 45] ^= 1; // entry 4 is the fourth frame, of one sector
        Files.write(file, content);
        assertEquals(0, show(), () -> err);
        String damage = file + " at byte 2048: a frame does not fit its checksum\n  0x";
        assertTrue(out.contains("entry 4  cannot be read: " + damage), out);
        assertTrue(out.contains("entry 5  term 3"), out);
        refused(skip(4, 3, sum(4)), 65, "entry 4 cannot be read, and a member does not start on a damaged log");
    }

    @Test
    void aDamagedListIsNamed() throws IOException {
        assertEquals(0, skip(4, 3, sum(4)), () -> err);
        Path file = data.resolve("member/raft/skipped");
        byte[] content = Files.readAllBytes(file);
        content[3] ^= 1;
        Files.write(file, content);
        assertEquals(65, show());
        assertTrue(err.contains(file + " is damaged: it does not fit its checksum"), err);
    }

    /// What a member that ran in memory leaves: a snapshot, and on disk an older state or none.
    @Test
    void aNewerSnapshotIsTheState() throws IOException {
        Path snapshot = data.resolve("member/raft/snapshot/snapshot_4");
        Files.createDirectories(snapshot);
        try (Engine memory = new MemoryEngine(1);
                MvccStore store = new MvccStore(memory)) {
            store.commit(store.begin(), 4, 3);
            try (Capture capture = memory.capture()) {
                capture.writeTo(snapshot.resolve("state"));
            }
        }
        CheckedText.write(snapshot.resolve("applied"), "4\n");
        assertEquals(0, show());
        assertTrue(out.contains("in the newest snapshot as of index 4, term 3, revision 1"), out);
        assertEquals(2, skip(4, 3, sum(4)));
        assertTrue(err.contains("the state has applied the log up to index 4"), err);
    }
}
