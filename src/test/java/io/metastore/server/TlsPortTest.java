package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.blackbox.LoopbackPorts;
import io.metastore.server.tls.ReloadedTls;
import io.metastore.server.tls.TestAuthority;
import io.metastore.server.tls.TlsOffer;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// gRPC and HTTP/1.1 on one port over TLS, and who is let in.
class TlsPortTest {
    @TempDir
    Path folder;

    private TestAuthority authority;
    private TestAuthority.Issued server;

    @BeforeEach
    void issue() throws IOException {
        authority = new TestAuthority(folder, "ca");
        server = authority.issue("server");
    }

    private interface Body {
        void with(ServedPort served) throws Exception;
    }

    private void served(Map<String, String> more, Body body) throws Exception {
        Map<String, String> keys = new HashMap<>(Map.of(
                "listen-client-urls", "https://127.0.0.1:0",
                "cert-file", server.certFile().toString(),
                "key-file", server.keyFile().toString()));
        keys.putAll(more);
        try (ReloadedTls tls = ClientTls.from(TestConfig.with(keys)).orElseThrow();
                ServedPort served = new ServedPort(keys, Optional.<TlsOffer>of(tls), Duration.ofSeconds(5))) {
            body.with(served);
        }
    }

    private Map<String, String> mutual() {
        return Map.of("client-cert-auth", "true", "trusted-ca-file", authority.certFile.toString());
    }

    private SslContext client(Optional<TestAuthority.Issued> own) throws IOException {
        SslContextBuilder builder = GrpcSslContexts.forClient().trustManager(authority.certFile.toFile());
        if (own.isPresent()) {
            builder.keyManager(
                    own.get().certFile().toFile(), own.get().keyFile().toFile());
        }
        return builder.build();
    }

    /// etcd serves both schemes on one port when it is named with both. A plain client needs no certificate there, one
    /// that speaks TLS is asked for it as ever.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothSchemesOnOnePort(boolean secureFirst) throws Exception {
        int port = LoopbackPorts.next();
        String plain = "http://localhost:" + port;
        String secure = "https://localhost:" + port;
        Map<String, String> keys = new HashMap<>(mutual());
        keys.put("listen-client-urls", secureFirst ? secure + "," + plain : plain + "," + secure);
        served(keys, served -> {
            assertEquals(Map.of(URI.create(plain), port, URI.create(secure), port), served.listeners.clientPorts());
            SslContext own = client(Optional.of(authority.issue("client")));
            assertEquals(3, range(served, own), "gRPC over TLS");
            ManagedChannel channel = served.channel();
            assertEquals(
                    2,
                    KVGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(20, TimeUnit.SECONDS)
                            .range(RangeRequest.newBuilder()
                                    .setKey(ByteString.copyFromUtf8("ab"))
                                    .build())
                            .getCount(),
                    "gRPC in the clear");
            channel.shutdownNow();
            assertEquals(200, RawHttp.status(RawHttp.get(port, "/version")), "HTTP/1.1 in the clear");
            StatusRuntimeException refused =
                    assertThrows(StatusRuntimeException.class, () -> range(served, client(Optional.empty())));
            assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode(), "TLS without a certificate");
        });
    }

    /// Bytes of a TLS handshake inside TLS are no way in: they are dropped like any garbage.
    @Test
    void oneLayerOfTlsIsEnough() throws Exception {
        int port = LoopbackPorts.next();
        served(Map.of("listen-client-urls", "http://localhost:" + port + ",https://localhost:" + port), served -> {
            try (SSLSocket socket = secure(port, "TLSv1.3")) {
                socket.getOutputStream().write(new byte[] {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0});
                assertEquals(-1, socket.getInputStream().read());
            }
        });
    }

    private long range(ServedPort served, SslContext context) {
        ManagedChannel channel = served.channelBuilder().sslContext(context).build();
        try {
            return KVGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .range(RangeRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("abc"))
                            .build())
                    .getCount();
        } finally {
            channel.shutdownNow();
        }
    }

    private static SSLSocket secure(int port, String version, String... alpn) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {version});
        parameters.setApplicationProtocols(alpn);
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static final String HEALTH = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    private static java.math.BigInteger serial(int port) throws Exception {
        try (SSLSocket socket = secure(port, "TLSv1.3")) {
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void grpcAndHttpOnOnePort(String version) throws Exception {
        served(Map.of(), served -> {
            assertEquals(3, range(served, client(Optional.empty())));
            try (SSLSocket plainAlpn = secure(served.port(), version);
                    SSLSocket http = secure(served.port(), version, "http/1.1")) {
                assertEquals(200, RawHttp.status(RawHttp.exchange(plainAlpn, HEALTH)));
                assertEquals(200, RawHttp.status(RawHttp.exchange(http, HEALTH)));
                assertEquals("http/1.1", http.getApplicationProtocol());
            }
        });
    }

    @Test
    void versionsOutsideTheLimitsAreRefused() throws Exception {
        served(Map.of("tls-min-version", "TLS1.3"), served -> {
            try (SSLSocket old = secure(served.port(), "TLSv1.2")) {
                assertThrows(IOException.class, old::startHandshake);
            }
        });
    }

    @Test
    void clientsNeedACertificateThatIsBelieved() throws Exception {
        TestAuthority.Issued revoked = authority.issue("revoked");
        Map<String, String> keys = new HashMap<>(mutual());
        keys.put("client-crl-file", authority.revoke(revoked).toString());
        TestAuthority foreign = new TestAuthority(folder, "foreign");
        served(keys, served -> {
            assertEquals(3, range(served, client(Optional.of(authority.issue("good")))));
            for (Optional<TestAuthority.Issued> refused : java.util.List.of(
                    Optional.<TestAuthority.Issued>empty(),
                    Optional.of(revoked),
                    Optional.of(foreign.issue("stranger")),
                    Optional.of(authority.issue("late", Instant.now().minus(Duration.ofHours(1)))))) {
                SslContext context = client(refused);
                assertThrows(StatusRuntimeException.class, () -> range(served, context), refused::toString);
            }
            assertEquals(3, range(served, client(Optional.of(authority.issue("good")))));
        });
    }

    @Test
    void clientsNeedAnAllowedHostName() throws Exception {
        Map<String, String> keys = new HashMap<>(mutual());
        keys.put("client-cert-allowed-hostname", "one.test,two.test");
        served(keys, served -> {
            assertEquals(3, range(served, client(Optional.of(authority.issue("two")))));
            SslContext other = client(Optional.of(authority.issue("three")));
            assertThrows(StatusRuntimeException.class, () -> range(served, other));
        });
    }

    /// New files are used by new connections; a certificate without its key changes nothing.
    @Test
    void filesAreReplacedWhileTheServerRuns() throws Exception {
        served(Map.of(), served -> {
            ManagedChannel old =
                    served.channelBuilder().sslContext(client(Optional.empty())).build();
            KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(old);
            kv.range(RangeRequest.getDefaultInstance());
            assertEquals(server.certificate().getSerialNumber(), serial(served.port()));
            TestAuthority.Issued next = authority.issue("next");
            Files.copy(next.certFile(), server.certFile(), StandardCopyOption.REPLACE_EXISTING);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2500));
            assertEquals(server.certificate().getSerialNumber(), serial(served.port()));
            Files.copy(next.keyFile(), server.keyFile(), StandardCopyOption.REPLACE_EXISTING);
            Eventually.holds("the new certificate is shown", () -> {
                try {
                    return serial(served.port()).equals(next.certificate().getSerialNumber());
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            kv.range(RangeRequest.getDefaultInstance());
            assertEquals(3, range(served, client(Optional.empty())));
            old.shutdownNow();
        });
    }

    @Test
    void plaintextToTlsIsCut() throws Exception {
        served(Map.of(), served -> {
            for (int i = 0; i < 300; i++) {
                // What comes back is at most an alert of TLS.
                String answer = RawHttp.exchange(served.port(), HEALTH);
                assertTrue(answer.length() < 10, answer);
            }
            Eventually.holds("connections are gone", () -> served.listeners.undecidedConnections() == 0);
            assertEquals(3, range(served, client(Optional.empty())));
        });
    }

    @Test
    void tlsToPlaintextIsCut() throws Exception {
        try (ServedPort served = new ServedPort(Map.of())) {
            for (int i = 0; i < 300; i++) {
                try (SSLSocket socket = secure(served.port(), "TLSv1.3")) {
                    assertThrows(IOException.class, socket::startHandshake);
                }
            }
            Eventually.holds(
                    "connections are gone",
                    () -> served.listeners.undecidedConnections() == 0 && served.listeners.httpConnections() == 0);
        }
    }

    @Test
    void silenceInTheHandshakeIsCut() throws Exception {
        served(Map.of(), served -> {
            try (Socket silent = RawHttp.open(served.port())) {
                silent.getOutputStream().write(new byte[] {0x16, 3, 1, 2});
                assertEquals("", RawHttp.all(silent));
            }
            Eventually.holds("connections are gone", () -> served.listeners.undecidedConnections() == 0);
        });
    }

    @Test
    void certificateMadeByTheServerItself() throws Exception {
        Map<String, String> keys = Map.of(
                "listen-client-urls", "https://127.0.0.1:0",
                "auto-tls", "true",
                "data-dir", folder.resolve("data").toString());
        try (ReloadedTls tls = ClientTls.from(TestConfig.with(keys)).orElseThrow();
                ServedPort served = new ServedPort(keys, Optional.<TlsOffer>of(tls), Duration.ofSeconds(5))) {
            Path made = folder.resolve("data/auto-tls/cert.pem");
            assertEquals(
                    3,
                    range(
                            served,
                            GrpcSslContexts.forClient()
                                    .trustManager(made.toFile())
                                    .build()));
        }
    }
}
