package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.server.tls.TestAuthority;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who may ask over HTTP: hosts, origins of scripts in browsers, and certificates that would be mistaken for users.
@BlackBox
@Timeout(120)
class HttpAccessIT {
    private static final String BODY = "{\"key\":\"YQ==\"}";

    /// Runs curl; the answer begins with its head.
    private static String curl(String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of("curl", "--silent", "--show-error", "--include"));
        line.addAll(List.of(words));
        SecureMember.Ended ended = SecureMember.run(line);
        assertEquals(0, ended.status(), ended::said);
        return ended.said().toLowerCase(Locale.ROOT);
    }

    private static String post(Member member, String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("http://" + member.endpoint() + "/v3/kv/range", "--data", BODY));
        all.addAll(List.of(words));
        return curl(all.toArray(String[]::new));
    }

    /// With addresses for HTTP alone, those for clients speak gRPC alone.
    @Test
    @Statement("GWY-01")
    void httpHasAddressesOfItsOwn() throws Exception {
        int port = LoopbackPorts.next();
        String apart = "http://127.0.0.1:" + port;
        try (Member member = Member.startOwn("--listen-client-http-urls=" + apart)) {
            member.client().put(Requests.bytes("a"), "1");
            String got = curl(apart + "/v3/kv/range", "--data", BODY);
            assertEquals(200, status(got), got);
            assertTrue(got.contains("\"count\":\"1\""), got);
            assertEquals(200, status(curl(apart + "/version")));
            SecureMember.Ended refused =
                    SecureMember.run(List.of("curl", "--silent", "http://" + member.endpoint() + "/version"));
            assertNotEquals(0, refused.status(), refused::said);
            ManagedChannel other = ManagedChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .build();
            try {
                assertThrows(
                        StatusRuntimeException.class,
                        () -> KVGrpc.newBlockingStub(other)
                                .withDeadlineAfter(10, TimeUnit.SECONDS)
                                .range(Requests.range(Requests.bytes("a")).build()));
            } finally {
                other.shutdownNow();
            }
        } finally {
            LoopbackPorts.release(port);
        }
    }

    private static int status(String answer) {
        return Integer.parseInt(answer.split(" ")[1]);
    }

    @Test
    @Statement("GWY-11")
    void onlyListedHostsAreMeant() throws Exception {
        try (Member member = Member.startOwn("--host-whitelist=example.org,::1")) {
            for (String host : List.of("example.org:2379", "example.org", "[::1]:2379")) {
                assertEquals(200, status(asking(member, host, "/v3/kv/range")), host);
                assertEquals(200, status(asking(member, host, "/version")), host);
            }
            for (String host : List.of("EXAMPLE.org", "evil.org", "evil.org:2379", "[::2]:2379")) {
                for (String path : List.of("/v3/kv/range", "/version")) {
                    String answer = asking(member, host, path);
                    assertEquals(421, status(answer), answer);
                    assertTrue(answer.contains("the host header was unrecognized"), answer);
                    assertTrue(answer.contains("--host-whitelist"), answer);
                }
            }
        }
    }

    private static String asking(Member member, String host, String path) throws Exception {
        List<String> words =
                new ArrayList<>(List.of("http://" + member.endpoint() + path, "--header", "Host: " + host));
        if (path.startsWith("/v3")) {
            words.addAll(List.of("--data", BODY));
        }
        return curl(words.toArray(String[]::new));
    }

    @Test
    @Statement("GWY-12")
    void everyOriginMayAskUnlessSomeAreListed() throws Exception {
        try (Member member = Member.startOwn()) {
            String answer = post(member);
            assertTrue(answer.contains("access-control-allow-origin: *\r\n"), answer);
            assertTrue(answer.contains("access-control-allow-methods: post, get, options, put, delete\r\n"), answer);
            assertTrue(
                    answer.contains("access-control-allow-headers: accept, content-type, authorization\r\n"), answer);
            for (String path : List.of("/v3/kv/range", "/version", "/there-is-none")) {
                String options = curl("http://" + member.endpoint() + path, "--request", "OPTIONS");
                assertEquals(200, status(options), options);
                assertTrue(options.contains("access-control-allow-origin: *\r\n"), options);
            }
            assertEquals(200, status(curl("http://" + member.endpoint() + "/v3/kv/range", "--request", "OPTIONS")));
        }
        try (Member member = Member.startOwn("--cors=https://a.example:8443,https://b.example:8443")) {
            String listed = post(member, "--header", "Origin: https://b.example:8443");
            assertTrue(listed.contains("access-control-allow-origin: https://b.example:8443\r\n"), listed);
            String other = post(member, "--header", "Origin: https://c.example:8443");
            assertEquals(200, status(other), other);
            assertFalse(other.contains("access-control"), other);
            assertFalse(post(member).contains("access-control"));
        }
    }

    /// Over TLS any host will do. A certificate's name is refused where it would pass for a user.
    @Test
    @Statement({"GWY-10", "GWY-11"})
    void aNameInACertificateIsNoUserHere(@TempDir Path folder) throws Exception {
        TestAuthority authority = new TestAuthority(folder, "authority");
        TestAuthority.Issued named = authority.issue("root");
        try (SecureMember secure = new SecureMember(
                authority,
                "--client-cert-auth=true",
                "--trusted-ca-file=" + authority.certFile,
                "--host-whitelist=example.org",
                "--bcrypt-cost=4")) {
            String before = over(secure, named, "/v3/kv/range");
            assertEquals(200, status(before.substring(before.indexOf("http/"))), before);
            try (Client ignored = Accounts.enable(secure.member)) {
                for (String path : List.of("/v3/kv/range", "/v3beta/kv/range")) {
                    String after = over(secure, named, path);
                    assertEquals(400, status(after), after);
                    assertTrue(after.contains("commonname of client sending a request against gateway will be"), after);
                }
                assertEquals(200, status(over(secure, named, "/health")));
            }
        }
    }

    private static String over(SecureMember secure, TestAuthority.Issued named, String path) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                secure.url() + path,
                "--cacert",
                secure.authority.certFile.toString(),
                "--cert",
                named.certFile().toString(),
                "--key",
                named.keyFile().toString()));
        if (path.startsWith("/v3")) {
            words.addAll(List.of("--data", BODY));
        }
        return curl(words.toArray(String[]::new));
    }
}
