package io.metastore.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;

/// `metastore bench lonely` on the packaged program: it runs and tells; what it measures is for people to judge.
@DisabledIf(value = "io.metastore.blackbox.MemberTarget#isEtcd", disabledReason = "starts MetaStore")
class LonelyBenchIT {

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void twoMembersAndTheDiskTakeTurns(@TempDir Path folder) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();

        int status = BenchCommand.run(
                List.of(
                        "lonely",
                        "--metastore=" + Path.of(System.getProperty("metastore.home", "."), "bin", "metastore"),
                        "--warm-calls=500",
                        "--warm-rounds=1",
                        "--rounds=2",
                        "--round=200ms",
                        "--out=" + folder),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));

        String told = out + "\n" + err;
        assertEquals(0, status, told);
        List<String> turns = err.toString(StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.replaceAll(" .*", ""))
                .filter(name -> name.matches("batch-.*|fdatasync"))
                .toList();
        List<String> round = List.of("batch-1ms", "batch-200ms", "fdatasync");
        assertEquals(List.of(round, round, round).stream().flatMap(List::stream).toList(), turns, told);
        assertEquals(
                round,
                out.toString(StandardCharsets.UTF_8)
                        .lines()
                        .skip(1)
                        .map(line -> line.replaceAll(" .*", ""))
                        .toList(),
                told);
        assertTrue(Files.exists(folder.resolve("lonely.json")), told);
        assertFalse(Files.exists(folder.resolve("data")), told);
    }
}
