package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `metastore local-cluster` refuses before it starts anything.
class LocalClusterCommandTest {
    @TempDir
    private Path temporary;

    private Path folder;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void name() {
        folder = temporary.resolve("data");
    }

    private int run(Map<String, String> environment, String... words) {
        err.reset();
        List<String> line = new ArrayList<>(List.of("--data-dir", folder.toString()));
        line.addAll(List.of(words));
        return new LocalClusterCommand(
                        environment,
                        new Properties(),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .run(line);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private void refused(String text, String... words) {
        assertEquals(2, run(Map.of(), words), () -> text + ": " + err());
        assertTrue(err().contains(text), err());
        assertFalse(Files.exists(folder), "a refused command line leaves nothing behind");
    }

    @Test
    void flagsThatCannotBe() {
        refused("--members 10 is too many: type a number from 1 to 9, best an odd one", "--members", "10");
        refused("--members: \"0\" is not a whole number from 1 on", "--members=0");
        refused("--members: \"three\" is not", "--members=three");
        refused("--first-port 70000 is no port", "--first-port=70000");
        refused("m2 would have port 65537, and the highest there is is 65535", "--first-port=65534");
        refused("unknown flag --member; the nearest known is --members", "--member=3");
        refused("\"5\" is not a flag", "5");
        refused("--data-dir is given twice", "--data-dir=x");
    }

    @Test
    void flagsOfMembersAreReadAsTheyWouldReadThem() {
        refused("unknown flag --max-txn-opps; the nearest known is --max-txn-ops", "--", "--max-txn-opps=5");
        refused("max-txn-ops: \"-1\" is out of range", "--", "--max-txn-ops=-1");
        refused("--help and --version are no flags for members", "--", "--help");
    }

    @Test
    void whatIsItsOwnToSayIsRefused() {
        refused("--name=x behind -- is local-cluster's own to say", "--", "--name=x");
        refused("type --data-dir before the --", "--", "--max-txn-ops=5", "-data-dir", "x");
        refused("all members would listen there", "--", "--listen-metrics-urls=http://127.0.0.1:9000");
        assertEquals(2, run(Map.of("ETCD_LISTEN_METRICS_URLS", "http://127.0.0.1:9000")));
        assertTrue(err().contains("all members would listen there"), err());
    }

    @Test
    void anotherNumberOfMembersThanOnDiskIsRefused() throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("cluster"), "members=3\nfirst-client-port=2379\nfirst-peer-port=2380\n");
        assertEquals(78, run(Map.of(), "--members", "5"));
        assertTrue(
                err().contains(folder + " holds a cluster of 3 members, not of 5: type --members 3, or another"
                        + " --data-dir for 5"),
                err());
        assertEquals(2, run(Map.of(), "--first-port", "2382"));
        assertTrue(err().contains("port 2382 would be where"), err());
    }

    @Test
    void aSingleMembersDataIsRefused() throws IOException {
        Files.createDirectories(folder.resolve("member"));
        assertEquals(78, run(Map.of()));
        assertTrue(err().contains("is the data directory of a single member"), err());
    }

    @Test
    void helpIsPrinted() {
        assertEquals(0, run(Map.of(), "--help"));
        String help = out.toString(StandardCharsets.UTF_8);
        assertTrue(help.startsWith("Usage: metastore local-cluster") && help.contains("Each has 30 s"), help);
        assertFalse(Files.exists(folder));
    }
}
