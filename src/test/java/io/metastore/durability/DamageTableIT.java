package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.StatusRuntimeException;
import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Requests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A flipped bit, a cut or a loss in each kind of file: the member names the file and does not start, or stops
/// when it reads the place, or the page docs/failures.md says that nobody reads it. When the file is as it was,
/// everything acknowledged is there.
@Tag("blackbox")
@Timeout(300)
class DamageTableIT {
    private static final String LOG_FILE = "[0-9a-f]{16}\\.log";
    private static final int SECTOR = 512;
    private static final String TABLE = "\\d+\\.sst";
    private static final String MANIFEST = "MANIFEST-\\d+";

    private static final FailurePage PAGE = new FailurePage();

    @TempDir
    private static Path shared;

    private static Prepared prepared;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() throws IOException {
        Assumptions.assumeTrue(
                MemberTarget.current() instanceof MemberTarget.Program && !MemberTarget.isEtcd(),
                "about MetaStore's files");
        prepared = new Prepared(shared);
    }

    @AfterAll
    static void writePage() {
        PAGE.close();
    }

    /// One kind of damage.
    ///
    /// @param what   how the page calls it
    /// @param made   the folder it is done to
    /// @param file   the file in it
    private record Case(
            String what, Function<Prepared, DataFolder> made, Function<DataFolder, Path> file, Consumer<Path> damage) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static Case young(String what, Function<DataFolder, Path> file, Consumer<Path> damage) {
        return new Case(what, Prepared::young, file, damage);
    }

    private static Case old(String what, Function<DataFolder, Path> file, Consumer<Path> damage) {
        return new Case(what, Prepared::old, file, damage);
    }

    private static Function<DataFolder, Path> log(String name) {
        return data -> DataFolder.only(data.log(), name);
    }

    private static Function<DataFolder, Path> state(String name) {
        return data -> DataFolder.only(data.state(), name);
    }

    private static Consumer<Path> bit(int offset, int bit) {
        return file -> DataFolder.flip(file, offset, bit);
    }

    private static Consumer<Path> header(int recordFromEnd, int offset, int bit) {
        return file -> {
            List<Integer> records = DataFolder.records(file);
            DataFolder.flip(file, records.get(records.size() - recordFromEnd) + offset, bit);
        };
    }

    /// A bit of a frame of the raft log: `offset` counts from its first byte, the mark's.
    private static Consumer<Path> frame(int frameFromEnd, int offset, int bit) {
        return file -> {
            List<Integer> frames = DataFolder.frames(file);
            DataFolder.flip(file, frames.get(frames.size() - frameFromEnd) + offset, bit);
        };
    }

    /// A sector becomes what it was in a new file.
    private static Consumer<Path> lost(int frameFromEnd) {
        return file -> {
            List<Integer> frames = DataFolder.frames(file);
            int at = frames.get(frames.size() - frameFromEnd);
            DataFolder.edit(file, content -> {
                Arrays.fill(content, at, at + SECTOR, (byte) 0);
                return content;
            });
        };
    }

    /// The second of the sectors of a frame that a crash kept from being written whole.
    private static byte[] torn(Path file, byte[] content) {
        int last = DataFolder.frames(file).getLast();
        ByteBuffer sectors = ByteBuffer.wrap(content);
        sectors.putInt(last + 2 * SECTOR, sectors.getInt(last) + 1);
        sectors.putLong(last + 2 * SECTOR + 100, 0x0123456789abcdefL);
        return content;
    }

    /// The index stands behind the name of the message, its length, and three bytes of its form.
    private static void index(Path meta) {
        DataFolder.edit(meta, content -> {
            int name = ByteBuffer.wrap(content).getInt();
            content[4 + name + 4 + 3] ^= 0x20;
            return content;
        });
    }

    private static List<Case> refusals() {
        return List.of(
                young("raft log: a bit of the last frame", log(LOG_FILE), frame(1, 70, 3)),
                young("raft log: a bit of the length of the last frame", log(LOG_FILE), frame(1, 4 + 31, 3)),
                young("raft log: a bit of the mark of the last frame", log(LOG_FILE), frame(1, 3, 0)),
                young("raft log: a bit of a length, five frames from the end", log(LOG_FILE), frame(5, 4 + 30, 6)),
                young("raft log: a bit of an entry", log(LOG_FILE), file -> DataFolder.flipWithin(file, "value-003")),
                young("raft log: a sector is blank, five frames from the end", log(LOG_FILE), lost(5)),
                young("raft log: a bit of what a file says of itself", log(LOG_FILE), bit(19, 1)),
                young("raft log: cut short", log(LOG_FILE), file -> DataFolder.cut(file, 10)),
                young("raft log: the file is missing", log(LOG_FILE), DataFolder::delete),
                young("term and vote: a bit", DataFolder::vote, bit(5, 0)),
                young("term and vote: cut short", DataFolder::vote, file -> DataFolder.cut(file, 12)),
                young("term and vote: the file is missing", DataFolder::vote, DataFolder::delete),
                old(
                        "snapshot, its index: a bit",
                        data -> data.snapshot().resolve("__raft_snapshot_meta"),
                        DamageTableIT::index),
                old("snapshot, applied: a bit", data -> data.snapshot().resolve("applied"), bit(0, 0)),
                old(
                        "snapshot, applied: the file is missing",
                        data -> data.snapshot().resolve("applied"),
                        DataFolder::delete),
                old("state, table: cut short", state(TABLE), file -> DataFolder.cut(file, 10)),
                old("state, table: the file is missing", state(TABLE), DataFolder::delete),
                old("state, MANIFEST: a bit", state(MANIFEST), bit(200, 0)),
                old("state, MANIFEST: a bit of the length of the last record", state(MANIFEST), header(1, 5, 6)),
                old("state, CURRENT: a bit", state("CURRENT"), bit(12, 0)));
    }

    /// One folder after another, with one damage after another that is taken back again; at the end the folder
    /// has everything.
    @TestFactory
    Stream<DynamicTest> refused() {
        return Stream.of(prepared.young(), prepared.old()).flatMap(made -> {
            Path own = folder.resolve(made.data().getFileName());
            List<DynamicTest> tests = new ArrayList<>();
            tests.add(DynamicTest.dynamicTest(
                    own.getFileName() + ": a copy is made",
                    () -> made.copyTo(Files.createDirectory(own).resolve("data"))));
            DataFolder data = new DataFolder(own.resolve("data"));
            refusals().stream()
                    .filter(damage -> damage.made().apply(prepared) == made)
                    .forEach(damage ->
                            tests.add(DynamicTest.dynamicTest(damage.what(), () -> refused(damage, own, data))));
            tests.add(DynamicTest.dynamicTest(own.getFileName() + ": everything is there", () -> {
                try (Server server = prepared.server().on(own, data.data())) {
                    server.start();
                    prepared.assertWhole(server, made);
                }
            }));
            return tests.stream();
        });
    }

    private static void refused(Case damage, Path own, DataFolder data) throws IOException {
        Path file = damage.file().apply(data);
        byte[] before = Files.readAllBytes(file);
        damage.damage().accept(file);
        try (Server server = prepared.server().on(own, data.data())) {
            server.launch(List.of());
            Said said = Said.of(server.awaitEnd(Server.START), data.data());
            PAGE.row(damage.what(), said.status(), said.line());
            assertEquals("65", said.status());
        } finally {
            Files.write(file, before);
        }
    }

    static Stream<Case> harmless() {
        return Stream.of(
                old("state, OPTIONS: a bit", state("OPTIONS-\\d+"), bit(900, 0)),
                old("state, IDENTITY: a bit", state("IDENTITY"), bit(5, 0)),
                old(
                        "snapshot, table of its state: a bit",
                        data -> DataFolder.only(data.snapshot().resolve("state"), TABLE),
                        bit(200, 0)),
                young(
                        "raft log: part of a frame that a crash tore",
                        log(LOG_FILE),
                        file -> DataFolder.edit(file, content -> torn(file, content))),
                young("raft log: a bit behind the last frame", log(LOG_FILE), bit(-700, 2)));
    }

    @ParameterizedTest
    @MethodSource
    void harmless(Case damage) {
        DataFolder made = damage.made().apply(prepared);
        DataFolder data = made.copyTo(folder.resolve("data"));
        damage.damage().accept(damage.file().apply(data));
        try (Server server = prepared.server().on(folder, data.data())) {
            server.start();
            prepared.assertWhole(server, made);
            PAGE.row(damage.what(), "serves", "everything acknowledged is there");
        }
    }

    /// A place that the start need not read is found when somebody reads it, and at the start when that happens to
    /// read it: how far the counts of keys were stored decides. Either way it is never served.
    @Test
    void whatIsReadLaterIsFoundThen() throws IOException {
        DataFolder data = prepared.old().copyTo(folder.resolve("data"));
        int flipped = 0;
        try (Stream<Path> tables = Files.list(data.state())) {
            for (Path table :
                    tables.filter(file -> file.toString().endsWith(".sst")).toList()) {
                flipped += DataFolder.flipWithin(table, "large-150-") ? 1 : 0;
            }
        }
        assertTrue(flipped > 0, "the value is found in a table");
        try (Server server = prepared.server().on(folder, data.data())) {
            server.launch(List.of());
            if (server.answers()) {
                foundWhenRead(server, data);
            } else {
                Said said = Said.of(server.awaitEnd(Duration.ofSeconds(60)), data.data());
                assertEquals("65", said.status());
                assertTrue(said.line().contains("block checksum mismatch"), said.line());
                assertTrue(said.line().contains("DATA-DIR/member/state/N.sst"), said.line());
            }
            takeStateFromSnapshot(data);
            server.start();
            prepared.assertWhole(server, prepared.old());
        }
    }

    private void foundWhenRead(Server server, DataFolder data) throws IOException {
        assertEquals(
                "value-003",
                server.client()
                        .get(Requests.bytes("key-003"))
                        .orElseThrow()
                        .getValue()
                        .toStringUtf8());
        assertThrows(StatusRuntimeException.class, () -> server.client().get(Requests.bytes("key-x150")));
        Said said = Said.of(server.awaitEnd(Duration.ofSeconds(60)), data.data());
        PAGE.row("state, table: a bit of a value, when it is read", said.status(), said.line());
        assertEquals("70", said.status());
    }

    /// The way out that the page describes: the log holds everything since the snapshot.
    private void takeStateFromSnapshot(DataFolder data) throws IOException {
        Files.move(data.state(), folder.resolve("damaged"));
        Files.createDirectory(data.state());
        try (Stream<Path> files = Files.list(data.snapshot().resolve("state"))) {
            for (Path file : files.toList()) {
                Files.copy(file, data.state().resolve(file.getFileName()));
            }
        }
    }

    /// What no log without a second copy can tell from a crash before the write.
    @Test
    void aLastFrameThatIsBlankIsNotSeen() {
        DataFolder data = prepared.young().copyTo(folder.resolve("data"));
        lost(1).accept(DataFolder.only(data.log(), LOG_FILE));
        try (Server server = prepared.server().on(folder, data.data())) {
            server.start();
            assertTrue(server.client().get(Requests.bytes("key-038")).isPresent());
            assertTrue(server.client().get(Requests.bytes("key-039")).isEmpty());
            PAGE.row(
                    "raft log: a sector of the last frame is blank",
                    "serves",
                    "the last frame is gone: as if it had never been written");
        }
    }
}
