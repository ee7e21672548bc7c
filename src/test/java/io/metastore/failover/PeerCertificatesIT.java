package io.metastore.failover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.blackbox.Cluster;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.ShownCertificate;
import io.metastore.server.tls.TestAuthority;
import io.metastore.server.tls.TestAuthority.Issued;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The certificates that members show each other are replaced while clients write: no call is lost, and whoever
/// connects anew does so with the new ones.
@Tag("blackbox")
@Timeout(300)
class PeerCertificatesIT {
    private static final int CHANGES = 2;
    private static final int WRITES = 300;
    private static final Load.Shape SHAPE = new Load.Shape(32, 32, Duration.ofSeconds(10), Duration.ofMillis(5));
    private static final Duration WRITES_GO_ON = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void noCallIsLost() throws IOException {
        TestAuthority authority = new TestAuthority(folder, "ca");
        Issued shown = authority.issue("members");
        History history = new History();
        try (Cluster cluster = Cluster.startWith(
                "https",
                3,
                "--peer-cert-file=" + shown.certFile(),
                "--peer-key-file=" + shown.keyFile(),
                "--peer-trusted-ca-file=" + authority.certFile,
                "--peer-client-cert-auth")) {
            // Clients of a member that starts again would lose calls.
            Member again = cluster.others(cluster.leader()).getFirst();
            List<Member> called = cluster.others(again);
            try (Load load = Load.start(SHAPE, history, "certificates/", called)) {
                for (int change = 1; change <= CHANGES; change++) {
                    load.awaitWrites(WRITES, WRITES_GO_ON);
                    Issued next = authority.issue("members-" + change);
                    replace(next, shown);
                    cluster.members().forEach(member -> ShownCertificate.await(member.peerPort(), next.certificate()));
                    again.stop();
                    again.restart();
                    load.awaitWrites(WRITES, WRITES_GO_ON);
                    Cluster.caughtUp(again, called.getFirst().client().revision());
                }
                load.end();
                assertEquals(Map.of(), load.errors());
                assertTrue(load.reads() > 0, "nobody read");
                for (Member member : cluster.members()) {
                    Cluster.caughtUp(member, called.getFirst().client().revision());
                    load.compare(member.client(), member.endpoint(), true);
                }
            }
        }
        assertEquals("", String.join("\n", history.violations()));
    }

    private static void replace(Issued by, Issued files) throws IOException {
        Files.copy(by.certFile(), files.certFile(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(by.keyFile(), files.keyFile(), StandardCopyOption.REPLACE_EXISTING);
    }
}
