package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.StatusRuntimeException;
import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Requests;
import io.metastore.consensus.jraft.CheckedText;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a member says and ends with when the system around it fails, held against docs/failures.md, and that
/// nothing acknowledged is lost when the cause is gone.
@Tag("blackbox")
@Timeout(300)
class FailureTableIT {
    private static final FailurePage PAGE = new FailurePage();
    /// Runs a program as a user who owns nothing.
    private static final List<String> NOBODY = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

    @TempDir
    private Path folder;

    @BeforeEach
    void metaStore() {
        Assumptions.assumeTrue(
                MemberTarget.current() instanceof MemberTarget.Program && !MemberTarget.isEtcd(),
                "about what MetaStore says");
    }

    @AfterAll
    static void writePage() {
        PAGE.close();
    }

    /// Skips the test when a program that prepares it is missing or not allowed.
    private static void needs(String... command) throws IOException, InterruptedException {
        String problem;
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes());
            problem = process.waitFor() == 0 ? null : said;
        } catch (IOException missing) {
            problem = missing.getMessage();
        }
        String reason = String.join(" ", command) + ": " + problem;
        Assumptions.assumeTrue(problem == null, reason);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), said);
    }

    @Test
    void aStateOfAnEarlierBuild() throws IOException {
        try (Server server = new Server(folder)) {
            server.start();
            server.client().put(Requests.bytes("key-0000"), "value");
            server.stop();
            Path identity = server.data().resolve("member").resolve("identity");
            String text = CheckedText.read(identity);
            CheckedText.write(identity, text.replaceFirst("format \\d+", "format 2"));
            server.launch(List.of());
            refused(server, "the data directory was written by an earlier build", "78");
            CheckedText.write(identity, text);
            server.start();
            assertWhole(server, 1, "value");
        }
    }

    private static void refused(Server server, String what, String status) {
        Said said = Said.of(server.awaitEnd(Server.START), server.data());
        PAGE.row(what, said.status(), said.line());
        assertEquals(status, said.status());
    }

    private static int putUntilItFails(Server server, int most, String value) {
        for (int i = 0; i < most; i++) {
            try {
                server.client().put(Requests.bytes("key-%04d".formatted(i)), value);
            } catch (StatusRuntimeException _) {
                return i;
            }
        }
        throw new AssertionError("all " + most + " puts were acknowledged");
    }

    private static void assertWhole(Server server, int acknowledged, String value) {
        var pairs = server.client()
                .range(Requests.range(Requests.bytes("key-"), Requests.bytes("key.")))
                .getKvsList();
        assertTrue(
                pairs.size() >= acknowledged && pairs.size() <= acknowledged + 1,
                () -> acknowledged + " acknowledged, found " + pairs.size());
        for (int i = 0; i < pairs.size(); i++) {
            assertEquals("key-%04d".formatted(i), pairs.get(i).getKey().toStringUtf8());
            assertEquals(value, pairs.get(i).getValue().toStringUtf8());
        }
    }

    @Test
    void aFullDisk() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        needs("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk.toString());
        try (Server server = new Server(folder, disk.resolve("data"))) {
            // Nothing is held back: FullDiskIT shows what happens when something is.
            server.start("--metastore.disk.reserve-bytes=-1");
            String value = "v".repeat(50_000);
            int acknowledged = putUntilItFails(server, 500, value);
            assertTrue(acknowledged > 10, () -> acknowledged + " were acknowledged");
            refused(server, "the disk is full, while writing, and nothing was held back", "70");
            fill(disk.resolve("of-another-program"));
            server.launch(List.of(), "--metastore.disk.reserve-bytes=-1");
            refused(server, "the disk is full, at the start", "74");
            run("mount", "-o", "remount,size=128m", disk.toString());
            server.start();
            assertWhole(server, acknowledged, value);
            server.client().put(Requests.bytes("more"), value);
        } finally {
            run("umount", disk.toString());
        }
    }

    private static void fill(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] page = new byte[4096];
            assertThrows(IOException.class, () -> {
                while (true) {
                    out.write(page);
                }
            });
        }
    }

    @Test
    void aDiskThatCannotSync() throws Exception {
        Path trace = folder.resolve("trace");
        needs("strace", "-f", "-o", trace.toString(), "true");
        try (Server server = new Server(folder)) {
            server.launch(List.of(
                    "strace",
                    "-f",
                    "-o",
                    trace.toString(),
                    "-e",
                    "trace=fdatasync",
                    "-e",
                    "inject=fdatasync:error=EIO:when=30+"));
            server.awaitReady();
            int acknowledged = putUntilItFails(server, 100, "value");
            refused(server, "the disk fails, fdatasync of the raft log", "70");
            server.start();
            assertWhole(server, acknowledged, "value");
        }
    }

    @Test
    void aDiskThatCannotRead() throws Exception {
        Path trace = folder.resolve("trace");
        needs("strace", "-f", "-o", trace.toString(), "true");
        try (Server server = new Server(folder)) {
            server.start();
            server.client().put(Requests.bytes("key-0000"), "value");
            server.stop();
            Path table = DataFolder.only(new DataFolder(server.data()).state(), "\\d+\\.sst");
            server.launch(List.of(
                    "strace",
                    "-f",
                    "-o",
                    trace.toString(),
                    "-P",
                    table.toString(),
                    "-e",
                    "trace=pread64",
                    "-e",
                    "inject=pread64:error=EIO:when=1+"));
            refused(server, "the disk fails, reading a table of the state", "74");
            server.start();
            assertWhole(server, 1, "value");
        }
    }

    @Test
    void anUnreadableFile() throws Exception {
        try (Server server = new Server(folder)) {
            server.start();
            server.client().put(Requests.bytes("key-0000"), "value");
            server.kill();
            needsNobody(server);
            run("chown", "-R", "65534:65534", server.data().toString());
            Path log = DataFolder.only(new DataFolder(server.data()).log(), "[0-9a-f]{16}\\.log");
            Files.setPosixFilePermissions(log, PosixFilePermissions.fromString("---------"));
            server.launch(NOBODY);
            refused(server, "a file cannot be read: raft log", "74");
            Files.setPosixFilePermissions(log, PosixFilePermissions.fromString("rw-------"));
            Path current = new DataFolder(server.data()).state().resolve("CURRENT");
            Files.setPosixFilePermissions(current, PosixFilePermissions.fromString("---------"));
            server.launch(NOBODY);
            refused(server, "a file cannot be read: state, CURRENT", "74");
            Files.setPosixFilePermissions(current, PosixFilePermissions.fromString("rw-------"));
            server.launch(NOBODY);
            server.awaitReady();
            assertWhole(server, 1, "value");
        }
    }

    /// That user must be able to run the program and to come as far as the folder.
    private void needsNobody(Server server) throws Exception {
        for (Path at = folder; at != null; at = at.getParent()) {
            if (at.startsWith(System.getProperty("java.io.tmpdir")) && at.getNameCount() > 1) {
                Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        List<String> probe = Stream.concat(
                        NOBODY.stream(), Stream.of(server.commandLine().getFirst(), "version"))
                .toList();
        needs(probe.toArray(String[]::new));
    }

    @Test
    void aFolderThatCannotBeWritten() throws Exception {
        Path closed = Files.createDirectory(folder.resolve("closed"));
        try (Server server = new Server(folder, closed.resolve("data"))) {
            needsNobody(server);
            Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
            server.launch(NOBODY);
            refused(server, "the data directory cannot be created", "73");
            Files.createDirectories(server.data().resolve("member"));
            server.launch(NOBODY);
            refused(server, "the data directory cannot be written", "73");
        }
    }

    @Test
    void aFileInPlaceOfTheFolder() throws IOException {
        try (Server server = new Server(folder)) {
            Files.writeString(server.data(), "not a folder");
            refusedLine(server, "the data directory is a file");
        }
    }

    @Test
    void aPortInUse() throws IOException {
        try (Server server = new Server(folder);
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "http://127.0.0.1:" + taken.getLocalPort();
            server.launch(List.of(), "--listen-client-urls=" + url, "--advertise-client-urls=" + url);
            refused(server, "a port is in use", "69");
        }
    }

    @Test
    void unknownFlags() {
        try (Server server = new Server(folder)) {
            refusedLine(server, "an unknown flag", "--frobnicate=1");
            refusedLine(server, "a misspelt flag", "--listen-cleint-urls=http://127.0.0.1:2379");
            refusedLine(server, "a value that cannot be", "--quota-backend-bytes=many");
        }
    }

    private static void refusedLine(Server server, String what, String... flags) {
        server.launch(List.of(), flags);
        Server.End end = server.awaitEnd(Server.START);
        List<String> lines = end.output().lines().toList();
        assertEquals("metastore: the server was not started:", lines.getFirst());
        PAGE.row(
                what,
                Integer.toString(end.status()),
                lines.get(1).strip().replace(server.data().toString(), "DATA-DIR"));
        assertEquals(2, end.status());
    }

    @Test
    void aFolderOfAnotherClusterOrProcess() throws IOException {
        try (Server server = new Server(folder)) {
            server.start();
            server.client().put(Requests.bytes("key-0000"), "value");
            try (Server other = new Server(Files.createDirectory(folder.resolve("second")), server.data())) {
                other.launch(List.of());
                refused(other, "another process has the data directory", "75");
                assertWhole(server, 1, "value");
                server.stop();
                other.launch(List.of(), "--initial-cluster-token=another");
                refused(other, "the data directory is of another cluster", "78");
            }
            server.start();
            assertWhole(server, 1, "value");
        }
    }
}
