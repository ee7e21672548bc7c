package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.thread.Threads;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A process of its own that runs out of memory in some thread, of ours or of a library.
@Timeout(120)
class HaltOnFaultTest {
    /// Keeps what it is given: there is no memory left to say why, either.
    private static final List<byte[]> KEPT = new ArrayList<>();

    /// @param arguments `keep` when the memory stays taken
    public static void main(String... arguments) throws InterruptedException {
        // The server's framework has such a hook: without one Java must load a class to halt, for which there is no
        // memory.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {}));
        Threads.haltOnUncaught(new HaltOnFault());
        boolean keep = arguments.length > 0;
        Thread thread = new Thread(() -> take(keep ? KEPT : new ArrayList<>()), "glutton");
        thread.start();
        Thread.sleep(TimeUnit.MINUTES.toMillis(1));
    }

    private static void take(List<byte[]> taken) {
        // Smaller and smaller pieces, until there is room for nothing.
        for (int bytes = 1 << 20; true; bytes = Math.max(16, bytes / 2)) {
            try {
                while (true) {
                    taken.add(new byte[bytes]);
                }
            } catch (OutOfMemoryError full) {
                if (bytes == 16) {
                    throw full;
                }
            }
        }
    }

    private record End(int status, String said) {}

    private static End run(String... arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx24m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                HaltOnFaultTest.class.getName()));
        words.addAll(List.of(arguments));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new End(process.waitFor(), said);
    }

    @Test
    void aThreadThatRunsOutOfMemoryStopsTheMember() throws Exception {
        End end = run();
        assertEquals(HaltOnFault.EXIT_STATUS, end.status, end.said);
        assertEquals(
                "metastore: the member stops: thread glutton failed with java.lang.OutOfMemoryError: Java heap space",
                end.said.lines().toList().getLast());
    }

    @Test
    void itStopsWithoutMemoryToSayWhy() throws Exception {
        End end = run("keep");
        assertEquals(HaltOnFault.EXIT_STATUS, end.status, end.said);
        assertTrue(end.said.contains("metastore: the member stops: "), end.said);
    }
}
