package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// Which version a member and its cluster say they are.
@BlackBox
class VersionIT {
    private static String page(Member member) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + member.endpoint() + "/version"))
                    .timeout(Client.PATIENCE)
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    @Test
    @Statement("HTH-07")
    void membersOfOneVersionMakeAClusterOfIt() throws Exception {
        try (Cluster cluster = Cluster.start(3)) {
            // Any of them may be asked; the cluster's version has no patch level.
            cluster.leader();
            for (Member member : cluster.members()) {
                StatusResponse status = Cluster.status(member);
                String version = status.getVersion();
                assertTrue(version.matches("3\\.7\\.\\d+"), version);
                assertEquals("3.7.0", status.getStorageVersion());
                assertEquals(
                        "{\"etcdserver\":\"" + version + "\",\"etcdcluster\":\"3.7.0\",\"storage\":\"3.7.0\"}",
                        page(member).strip());
            }
        }
    }

    @Test
    @Statement("VER-04")
    void theProgramSaysWhichEtcdItIs() throws Exception {
        if (!(MemberTarget.current() instanceof MemberTarget.Program program)) {
            Assumptions.abort("needs a program to ask");
            return;
        }
        Process process = new ProcessBuilder(MemberTarget.commandLine(program, List.of("--version")))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertTrue(said.lines().anyMatch(line -> line.matches("etcd Version: 3\\.7\\.\\d+")), said);
    }
}
