package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.server.tls.TestAuthority;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// TLS from outside: generated stubs always, etcdctl with `-Dmetastore.etcdctl=PATH`, curl where there is one.
class TlsIT {
    @TempDir
    private Path folder;

    private static void put(ManagedChannel channel, String key) {
        try {
            var answer = KVGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .put(Requests.put(ByteString.copyFromUtf8(key), "value").build());
            assertTrue(answer.getHeader().getRevision() > 1);
        } finally {
            channel.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLS1.2", "TLS1.3"})
    void oneVersionOfTls(String version) throws Exception {
        try (SecureMember secure =
                new SecureMember(folder, "--tls-min-version=" + version, "--tls-max-version=" + version)) {
            String other = version.equals("TLS1.2") ? "TLSv1.3" : "TLSv1.2";
            put(secure.channel(SecureMember.anonymous()), "any");
            put(secure.channel(SecureMember.anonymous().protocols(version.replace("TLS", "TLSv"))), "same");
            assertThrows(
                    StatusRuntimeException.class,
                    () -> put(secure.channel(SecureMember.anonymous().protocols(other)), "other"));
            SecureMember.Ended ended = secure.etcdctl(List.of(), "put", "ctl", "value");
            assertEquals(0, ended.status(), ended.said());
        }
    }

    private record Clients(SecureMember secure, TestAuthority.Issued good, List<TestAuthority.Issued> refused) {}

    /// Mutual TLS with a list of revocations.
    private Clients mutual() throws Exception {
        TestAuthority authority = new TestAuthority(folder, "authority");
        TestAuthority.Issued revoked = authority.issue("revoked");
        TestAuthority foreign = new TestAuthority(folder, "foreign");
        SecureMember secure = new SecureMember(
                authority,
                "--client-cert-auth=true",
                "--trusted-ca-file=" + authority.certFile,
                "--client-crl-file=" + binary(authority.revoke(revoked)));
        List<TestAuthority.Issued> refused = List.of(
                revoked,
                authority.issue("expired", Instant.now().minus(Duration.ofHours(1))),
                foreign.issue("stranger"));
        return new Clients(secure, authority.issue("good"), refused);
    }

    /// The list that `pem` holds, as a file of its own: etcd reads lists of revocations in binary form only,
    /// MetaStore in both.
    private static Path binary(Path pem) throws IOException {
        String text = Files.readString(pem).replaceAll("-----[^-]*-----|\\s", "");
        return Files.write(
                pem.resolveSibling("revoked.crl"), Base64.getDecoder().decode(text));
    }

    @Test
    void clientsNeedAGoodCertificate() throws Exception {
        Clients clients = mutual();
        try (SecureMember secure = clients.secure()) {
            put(secure.channel(SecureMember.as(clients.good())), "good");
            for (TestAuthority.Issued one : clients.refused()) {
                SslContextBuilder identity = SecureMember.as(one);
                assertThrows(StatusRuntimeException.class, () -> put(secure.channel(identity), "bad"), one::toString);
            }
            assertThrows(StatusRuntimeException.class, () -> put(secure.channel(SecureMember.anonymous()), "none"));
        }
    }

    @Test
    void etcdctlNeedsAGoodCertificate() throws Exception {
        SecureMember.etcdctl();
        Clients clients = mutual();
        try (SecureMember secure = clients.secure()) {
            SecureMember.Ended good = secure.etcdctl(SecureMember.identity(clients.good()), "put", "ctl", "value");
            assertEquals(0, good.status(), good.said());
            for (TestAuthority.Issued one : clients.refused()) {
                SecureMember.Ended refused =
                        secure.etcdctl(SecureMember.identity(one), "--command-timeout=3s", "get", "ctl");
                assertFalse(refused.status() == 0, one + ": " + refused.said());
            }
            SecureMember.Ended none = secure.etcdctl(List.of(), "--command-timeout=3s", "get", "ctl");
            assertFalse(none.status() == 0, none.said());
        }
    }

    /// gRPC, HTTP/1.1 and etcdctl at once on one URL, in plaintext and over TLS.
    @Test
    void everybodyOnOnePort() throws Exception {
        try (SecureMember secure = new SecureMember(folder);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            String plain = "http://" + secure.member.endpoint();
            List<String> trust = List.of("--cacert", secure.authority.certFile.toString());
            for (int i = 0; i < 20; i++) {
                String key = "shared-" + i;
                all.add(threads.submit(() -> {
                    put(secure.channel(SecureMember.anonymous()), key);
                    return null;
                }));
                all.add(threads.submit(() -> {
                    try (Client client = secure.member.connect()) {
                        return client.put(ByteString.copyFromUtf8(key), "plain");
                    }
                }));
                for (String path : List.of("/health", "/version", "/metrics")) {
                    all.add(threads.submit(() -> curl(plain + path, List.of())));
                    all.add(threads.submit(() -> curl(secure.url() + path, trust)));
                }
                if (System.getProperty("metastore.etcdctl") != null) {
                    all.add(threads.submit(() -> {
                        SecureMember.Ended ended = secure.etcdctl(List.of(), "put", key, "ctl");
                        assertEquals(0, ended.status(), ended.said());
                        return null;
                    }));
                }
            }
            for (Future<?> one : all) {
                one.get(120, TimeUnit.SECONDS);
            }
        }
    }

    private static Void curl(String url, List<String> flags) throws Exception {
        List<String> line = new ArrayList<>(List.of("curl", "--silent", "--show-error", "--fail", "--http1.1"));
        line.addAll(flags);
        line.add(url);
        SecureMember.Ended ended = SecureMember.run(line);
        assertEquals(0, ended.status(), url + ": " + ended.said());
        assertFalse(ended.said().isEmpty(), url);
        return null;
    }
}
