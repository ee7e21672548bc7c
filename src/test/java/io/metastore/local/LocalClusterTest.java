package io.metastore.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.blackbox.LoopbackPorts;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What happens to members that do not do what they should; they are scripts here. `LocalClusterIT` has real ones.
@Timeout(60)
class LocalClusterTest {
    private static final Happening.Signalled SIGTERM = new Happening.Signalled("SIGTERM", 15);

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final BlockingQueue<Happening> happenings = new LinkedBlockingQueue<>();

    private int run(Function<LocalMember, List<String>> commands) throws InterruptedException {
        Layout layout = new Layout(folder, 2, LoopbackPorts.next(), LoopbackPorts.next());
        try (ClusterFolder held = ClusterFolder.open(folder)) {
            return new LocalCluster(layout, commands, new PrintStream(said, true, StandardCharsets.UTF_8), happenings)
                    .run(held, false);
        }
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private long pid(String member) throws Exception {
        return Long.parseLong(Files.readString(folder.resolve(member + ".pid")).strip());
    }

    private static List<String> script(String text) {
        return List.of("sh", "-c", text);
    }

    @Test
    void aMemberThatEndsAtItsStartIsReportedWithItsLastLines() throws Exception {
        Files.writeString(folder.resolve("m2.log"), "of another life\n");
        LocalFailure failure = assertThrows(
                LocalFailure.class,
                () -> run(member -> script(
                        member.name().equals("m1")
                                ? "echo $$ > " + folder + "/m1.pid; exec sleep 50"
                                : "while [ ! -s " + folder + "/m1.pid ]; do sleep 0.01; done; seq 20;"
                                        + " echo the disk is gone >&2; exit 74")));
        assertEquals(74, failure.memberStatus());
        String message = failure.getMessage();
        assertTrue(message.startsWith("m2 (process "), message);
        assertTrue(message.contains("ended at its start with status 74. Its last lines, of " + folder), message);
        assertTrue(message.contains("    20\n    the disk is gone\n"), message);
        assertFalse(message.contains("    11\n") || message.contains("another life"), message);
        long other = pid("m1");
        Eventually.holds("m1 is gone, too", () -> ProcessHandle.of(other).isEmpty());
    }

    @Test
    void aProgramThatIsNotThereIsNamed() {
        LocalFailure failure = assertThrows(
                LocalFailure.class,
                () -> run(_ -> List.of(folder.resolve("nothing").toString())));
        assertTrue(failure.getMessage().startsWith("m1 cannot be started: "), failure.getMessage());
        assertTrue(failure.getMessage().contains("nothing"), failure.getMessage());
    }

    @Test
    void membersAreEndedOneByOne() throws Exception {
        happenings.add(SIGTERM);
        int status = run(_ -> script("while :; do sleep 0.05; done"));
        assertEquals(143, status);
        assertTrue(said().contains("SIGTERM: ending m1, m2 one by one. Each has 30 s and is killed then"), said());
        assertTrue(said().contains("  m1 has ended with status ") && said().contains("  m2 has ended"), said());
        assertTrue(said().contains("all members have ended in order"), said());
    }

    /// They would have half a minute each.
    @Test
    void theSecondSignalKillsThoseThatWillNotEnd() throws Exception {
        String stubborn = "trap '' TERM; echo $$ > " + folder + "/";
        Thread impatient = Thread.ofPlatform().start(() -> {
            Eventually.holds(
                    "both run", () -> Files.exists(folder.resolve("m1.pid")) && Files.exists(folder.resolve("m2.pid")));
            happenings.add(SIGTERM);
            happenings.add(SIGTERM);
        });
        int status = run(member -> script(stubborn + member.name() + ".pid; while :; do sleep 0.05; done"));
        impatient.join();
        assertEquals(143, status);
        assertTrue(said().contains("  m1 was killed: status 137 (SIGKILL"), said());
        assertTrue(said().contains("  m2 was killed: status 137 (SIGKILL"), said());
        assertTrue(said().contains("not all of them in order: nothing acknowledged is lost"), said());
    }

    /// Another process with the lock of a member, as one that has not ended yet.
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            try (FileChannel channel = FileChannel.open(Path.of(arguments[1]), StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                System.out.println("held: " + lock.isValid());
                int ended = System.in.read();
                System.out.println("ended: " + ended);
            }
        }
    }

    /// The members of a starter that was killed need a moment; a signal need not wait for it.
    @Test
    void whoRunsOnTheDataIsWaitedFor() throws Exception {
        LocalMember first = Layout.ofFirstPort(folder, 2, 4000).members().getFirst();
        Files.createDirectories(first.lock().getParent());
        Files.createFile(first.lock());
        Process holder = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx32m",
                        "-cp",
                        Path.of(Holder.class
                                        .getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation()
                                        .toURI())
                                .toString(),
                        Holder.class.getName(),
                        "--data-dir=" + first.data(),
                        first.lock().toString())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = holder.inputReader()) {
            assertEquals("held: true", output.readLine());
            assertEquals("process " + holder.pid(), LocalCluster.holder(first));
            Thread asker = Thread.ofPlatform().start(() -> {
                Eventually.holds("it waits", () -> said().contains("waiting for m1 of the last run"));
                happenings.add(SIGTERM);
            });
            assertEquals(143, run(_ -> script("exit 1")));
            asker.join();
            assertFalse(said().contains("starting"), said());
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }
}
