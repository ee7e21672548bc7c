package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.Eventually;
import io.metastore.blackbox.LocalCluster.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `metastore local-cluster`: its members serve, end with it in order or when it is killed, start again on their data,
/// and
/// one that dies is reported.
@BlackBox
@Timeout(400)
class LocalClusterIT {
    private static final Duration MEMBERS_END = Duration.ofSeconds(40);

    @TempDir
    private Path folder;

    private static ByteString key(Row member) {
        return Requests.bytes("written at " + member.name());
    }

    private static void putAtEach(LocalCluster cluster, String value) {
        for (Row member : cluster.rows()) {
            try (Client client = member.connect()) {
                client.put(key(member), value);
            }
        }
    }

    /// Every member answers for what was put at every other.
    private static void getAtEach(LocalCluster cluster, String value) {
        for (Row member : cluster.rows()) {
            try (Client client = member.connect()) {
                for (Row writer : cluster.rows()) {
                    assertEquals(
                            value,
                            client.get(key(writer)).orElseThrow().getValue().toStringUtf8(),
                            writer.name() + "'s at " + member.name());
                }
            }
        }
    }

    private static void assertNoneRuns(List<Row> members) {
        Eventually.holds(
                "no member is left", MEMBERS_END, () -> members.stream().noneMatch(Row::runs));
    }

    @Test
    void threeMembersServeEndInOrderAndStartAgain() {
        Path data = folder.resolve("data");
        String port = String.valueOf(LocalCluster.freePorts(6));
        try (LocalCluster first = LocalCluster.start(data, "--members=3", "--first-port", port)) {
            List<Row> members = first.rows();
            assertEquals(3, members.size(), first.said());
            int at = Integer.parseInt(port);
            assertTrue(
                    first.said()
                            .contains("etcdctl --endpoints=127.0.0.1:" + at + ",127.0.0.1:" + (at + 2) + ",127.0.0.1:"
                                    + (at + 4) + " "),
                    first.said());
            assertTrue(first.said().contains(first.leader().name() + " leads"), first.said());
            assertTrue(members.stream().allMatch(row -> Files.exists(row.log())), first.said());
            putAtEach(first, "before");
            getAtEach(first, "before");

            first.terminate();
            assertEquals(143, first.awaitEnd());
            assertTrue(first.said().endsWith("all members have ended in order\n"), first.said());
            assertFalse(first.said().contains("killed:"), first.said());
            assertNoneRuns(members);
        }
        // Number and ports are remembered.
        try (LocalCluster second = LocalCluster.start(data)) {
            assertEquals(Integer.parseInt(port), second.rows().getFirst().clientPort());
            getAtEach(second, "before");
            putAtEach(second, "after");
            getAtEach(second, "after");
        }
    }

    @Test
    void aMemberThatDiesIsReportedAndNoneOutlivesTheStarter() throws IOException {
        Path data = folder.resolve("data");
        String port = String.valueOf(LocalCluster.freePorts(6));
        List<Row> members;
        try (LocalCluster cluster =
                LocalCluster.start(data, "--first-port=" + port, "--", "--heartbeat-interval=100")) {
            members = cluster.rows();
            putAtEach(cluster, "kept");
            Row leader = cluster.leader();
            int before = cluster.said().length();
            assertTrue(ProcessHandle.of(leader.pid()).orElseThrow().destroyForcibly());
            cluster.awaitSaid(" go on.");
            Eventually.holds("the next leader is named", () -> cluster.said().indexOf(" leads\n", before) > 0);
            String report = cluster.said().substring(before);
            assertTrue(
                    report.contains(leader.name() + " (process " + leader.pid() + ") ended with status 137 (SIGKILL"),
                    report);
            assertTrue(report.contains("Its last lines, of " + leader.log() + ":\n    "), report);
            Row other = members.stream()
                    .filter(row -> !row.equals(leader))
                    .findFirst()
                    .orElseThrow();
            try (Client client = other.connect()) {
                client.put(Requests.bytes("by two"), "2");
            }

            cluster.kill();
            cluster.awaitEnd();
            // At once: they have just seen that it is gone, and are about to end.
            try (LocalCluster again = LocalCluster.start(data, "--members=3")) {
                assertNoneRuns(members);
                getAtEach(again, "kept");
                try (Client client = again.rows().getFirst().connect()) {
                    assertTrue(client.get(Requests.bytes("by two")).isPresent());
                }
            }
        }
        // The one who was killed is not the only one to say so.
        String log = Files.readString(members.getFirst().log())
                + Files.readString(members.getLast().log());
        assertTrue(log.contains("whoever started this member is gone"), log);
    }

    @Test
    void whatCannotStartSaysWhyAndWhatToType() throws IOException {
        Path data = folder.resolve("data");
        int port = LocalCluster.freePorts(2);
        try (LocalCluster alone = LocalCluster.start(data, "--members=1", "--first-port=" + port)) {
            assertEquals(1, alone.rows().size(), alone.said());
            ends(75, "a cluster runs already on " + data + ", by process ", data);
            ends(
                    69,
                    "port " + port
                            + " of 127.0.0.1, where clients reach m1, is in use by another program: end that one,"
                            + " or type --first-port ",
                    folder.resolve("other"),
                    "--members=1",
                    "--first-port=" + port);
            alone.terminate();
            assertEquals(143, alone.awaitEnd());
        }
        ends(78, "holds a cluster of 1 member, not of 3: type --members 1, or another --data-dir", data, "--members=3");
        ends(2, "--members 10 is too many", data, "--members=10");
        // A member that finds its files damaged says so; its status is the command's.
        Path identity = data.resolve("m1/member/identity");
        Files.delete(identity);
        ends(78, "ended at its start with status 78", data);
    }

    private void ends(int status, String text, Path data, String... flags) {
        try (LocalCluster refused = LocalCluster.begin(data, flags)) {
            assertEquals(status, refused.awaitEnd(), refused.said());
            assertTrue(refused.said().contains(text), refused.said());
        }
    }
}
