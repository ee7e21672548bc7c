package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.server.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The names of the folders are on the disk before anything is written into them: a system that loses power may else
/// forget a folder with all that was synced in it.
@Timeout(120)
class FolderNamesTraceTest {
    @TempDir
    private Path folder;

    /// @param arguments the data folder
    public static void main(String... arguments) throws IOException {
        DataDirectory.open(Path.of(arguments[0])).close();
    }

    private TreeSet<String> synced(Path data) throws Exception {
        Path trace = folder.resolve("trace");
        List<String> words = List.of(
                "strace",
                "-f",
                "-ttt",
                "-y",
                "-e",
                "trace=fsync,fdatasync",
                "-o",
                trace.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                FolderNamesTraceTest.class.getName(),
                data.toString());
        Process process;
        try {
            process = new ProcessBuilder(words).redirectErrorStream(true).start();
        } catch (IOException missing) {
            return Assumptions.abort("strace is not installed: " + missing.getMessage());
        }
        String said = new String(process.getInputStream().readAllBytes());
        process.waitFor(60, TimeUnit.SECONDS);
        Assumptions.assumeFalse(said.contains("ptrace"), () -> "tracing is forbidden here: " + said);
        assertEquals(0, process.exitValue(), said);
        TreeSet<String> files = new TreeSet<>();
        SystemCalls.read(trace).stream()
                .filter(call -> call.isSync() && call.result() == 0)
                .forEach(call -> files.add(call.file()));
        return files;
    }

    private static TreeSet<String> all(Path... folders) {
        TreeSet<String> names = new TreeSet<>();
        for (Path each : folders) {
            names.add(each.toString());
        }
        return names;
    }

    @Test
    void foldersThatAreMadeHaveTheirNamesOnTheDisk() throws Exception {
        Path real = folder.toRealPath();
        Path data = real.resolve("a").resolve("b").resolve("data");
        Path member = data.resolve("member");
        assertEquals(
                all(real, real.resolve("a"), real.resolve("a/b"), data, member, member.resolve("raft")), synced(data));
    }

    /// Whoever made them may have been stopped before their names were on the disk.
    @Test
    void foldersThatAreThereHaveTheirNamesOnTheDisk() throws Exception {
        Path real = folder.toRealPath();
        Path data = real.resolve("data");
        Path member =
                Files.createDirectories(data.resolve("member").resolve("raft")).getParent();
        assertEquals(all(real, data, member, member.resolve("raft")), synced(data));
    }
}
