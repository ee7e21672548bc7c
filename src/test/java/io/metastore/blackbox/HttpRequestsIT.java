package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Request lines and headers of HTTP/1.1 as Go's server, and so etcd, reads them.
@BlackBox
class HttpRequestsIT {
    private static final int PATIENCE_MS = 20_000;

    /// What comes until the server closes, which it is asked to do after one answer.
    private static String exchange(Member member, String request) throws IOException {
        String endpoint = member.endpoint();
        int colon = endpoint.lastIndexOf(':');
        try (Socket socket =
                new Socket(endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1)))) {
            socket.setSoTimeout(PATIENCE_MS);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static int status(String answer) {
        return Integer.parseInt(answer.split(" ", 3)[1]);
    }

    private static String get(Member member, String target) throws IOException {
        return exchange(member, "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://a/version",
                "http://a:1/version",
                "HTTPS://b/version",
                "ftp://a/version",
                "http:/version",
                "http:///version",
                "/version?x=%zz",
                "/version?%zz",
                "/version?a;b",
                "/version?",
                "/%76ersion",
                "/health?x=%zz",
                "/livez?exclude=%zz&verbose"
            })
    void findsPagesInEveryForm(String target, Member member) throws IOException {
        assertEquals(200, status(get(member, target)));
    }

    @ParameterizedTest
    @CsvSource({
        "//health,/health",
        "//health//,/health/",
        "/./health,/health",
        "/a/../health,/health",
        "/../health,/health",
        "/health/.,/health",
        "/health/..,/",
        "/a//b,/a/b",
        "//health?serializable=true,/health?serializable=true",
        "/./health?a=b%zz,/health?a=b%zz",
        "http://a//health,/health",
        "http://a,/",
        "http://a?x,/?x"
    })
    void redirectsToTheCleanedPath(String target, String location, Member member) throws IOException {
        String answer = get(member, target);
        assertEquals(307, status(answer));
        assertTrue(answer.toLowerCase().contains("\r\nlocation: " + location + "\r\n"), answer);
        assertTrue(answer.endsWith("<a href=\"" + location + "\">Temporary Redirect</a>.\n\n"), answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%zz", "/%", "health", "version?x", "?x", ":1/health", "*", "/v\u0001"})
    void refusesTargetsThatAreNone(String target, Member member) throws IOException {
        assertEquals(400, status(get(member, target)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/health/",
                "/health%2f",
                "/%2e/health",
                "/a%2f..%2fhealth",
                "/version#f",
                "/livez%2fserializable_read",
                "/nope",
                "/metrics/"
            })
    void findsNothingElsewhere(String target, Member member) throws IOException {
        assertEquals(404, status(get(member, target)));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "1.1,none,400",
                "1.1,Host: a|Host: a,400",
                "1.1,Host: a|Host: b,400",
                "1.0,Host: a|Host: a,400",
                "1.1,Host: a b,400",
                "1.1,Host: a/b,400",
                "1.1,Host: u@b,400",
                "1.1,Host: <a>,400",
                "1.1,Host: a?b,400",
                "1.1,Host: a|  b,400",
                "1.1,Host: a|a b: c,400",
                "1.1,Host: a|ab : c,400",
                "1.1,Host: a|: c,400",
                "1.1,Host: a|abc,400",
                "1.1,Host: a|Content-Length: 1|Content-Length: 2,400",
                "1.1,Host: a|Content-Length: -1,400",
                "1.1,Host: a|Content-Length: abc,400",
                "1.1,Host: a|Transfer-Encoding: foo,501",
                "1.1,'Host: a|Transfer-Encoding: gzip, chunked',501",
                "1.1,Host: a|Transfer-Encoding: identity,501",
                "1.1,Host: a|Expect: foo,417",
                "1.1,Host: a,200",
                "1.1,Host:,200",
                "1.1,Host: [::1]:1,200",
                "1.1,Host: a|X: b|  c,200",
                "1.0,none,200",
                "1.0,Host: a,200"
            })
    void holdsRequestsToTheRules(String version, String lines, int status, Member member) throws IOException {
        String headers = lines == null ? "" : lines.replace("|", "\r\n") + "\r\n";
        assertEquals(
                status,
                status(exchange(
                        member, "GET /version HTTP/" + version + "\r\n" + headers + "Connection: close\r\n\r\n")));
    }

    /// A length beside chunks is let through by etcd and refused here: two servers of a chain might read two different
    /// requests.
    @Test
    void aLengthBesideChunks(Member member) throws IOException {
        String answer = exchange(member, """
                POST /version HTTP/1.1\r
                Host: a\r
                Content-Length: 3\r
                Transfer-Encoding: chunked\r
                Connection: close\r
                \r
                0\r
                \r
                """);
        assertEquals(MemberTarget.isEtcd() ? 405 : 400, status(answer));
    }

    @Test
    void theServerAsAWhole(Member member) throws IOException {
        String request = "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assertEquals(200, status(exchange(member, request)));
    }

    @Test
    void publishesVariables(Member member) throws IOException {
        String answer = exchange(member, "GET /debug/vars HTTP/1.0\r\n\r\n");
        assertEquals(200, status(answer));
        assertTrue(answer.toLowerCase().contains("\r\ncontent-type: application/json; charset=utf-8\r\n"), answer);
        JsonObject vars = new JsonObject(answer.substring(answer.indexOf("\r\n\r\n") + 4));
        assertTrue(vars.getJsonArray("cmdline").size() > 1);
        assertTrue(vars.getLong("file_descriptor_limit") > 0);
        assertTrue(vars.getJsonObject("memstats").getLong("HeapAlloc") > 0);
        JsonObject raft = vars.getJsonObject("raft.status");
        assertEquals("StateLeader", raft.getString("raftState"));
        assertEquals(raft.getString("id"), raft.getString("lead"));
        assertTrue(raft.getLong("applied") > 0 && raft.getLong("commit") >= raft.getLong("applied"), raft::toString);
        for (String method : new String[] {"POST", "HEAD", "DELETE"}) {
            assertEquals(405, status(exchange(member, method + " /debug/vars HTTP/1.0\r\n\r\n")));
        }
    }
}
