package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.server.tls.TestAuthority;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Plain HTTP over TLS with clients that choose HTTP/2, as curl, Prometheus and Go's do.
@TestInstance(Lifecycle.PER_CLASS)
class HttpOverTlsIT {
    private static final int MANY = 200;

    private SecureMember secure;
    private String metricsUrl;
    private SSLContext context;
    private HttpClient client;
    private int metricsPort;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        TestAuthority authority = new TestAuthority(folder, "authority");
        metricsPort = LoopbackPorts.next();
        metricsUrl = "https://127.0.0.1:" + metricsPort;
        secure = new SecureMember(authority, "--listen-metrics-urls=" + metricsUrl);
        context = trusting(authority.certFile);
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(context)
                .build();
    }

    private static SSLContext trusting(Path certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            store.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @AfterAll
    void stop() {
        client.close();
        secure.close();
        LoopbackPorts.release(metricsPort);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(secure.url() + path)).timeout(Duration.ofSeconds(30));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
        assertEquals(HttpClient.Version.HTTP_2, response.version());
        return response;
    }

    /// Over HTTP/2 a watch is a stream of its own, and ends when its client resets it.
    @Test
    void aWatchOverHttp2() throws Exception {
        String key = Base64.getEncoder().encodeToString("watched".getBytes(StandardCharsets.UTF_8));
        HttpRequest watch = HttpRequest.newBuilder(URI.create(secure.url() + "/v3/watch"))
                .POST(BodyPublishers.ofString("{\"create_request\":{\"key\":\"" + key + "\"}}"))
                .build();
        HttpResponse<Stream<String>> response = client.send(watch, BodyHandlers.ofLines());
        assertEquals(HttpClient.Version.HTTP_2, response.version());
        assertEquals(200, response.statusCode());
        try (Stream<String> body = response.body()) {
            Iterator<String> lines = body.iterator();
            assertTrue(lines.next().contains("\"created\":true"));
            for (int i = 0; i < 20; i++) {
                HttpResponse<String> put = send(request("/v3/kv/put")
                        .POST(BodyPublishers.ofString("{\"key\":\"" + key + "\",\"value\":\"AAA=\"}")));
                assertEquals(200, put.statusCode(), put.body());
                String line = lines.next();
                assertTrue(line.contains("\"events\":[{\"kv\":{\"key\":\"" + key + "\""), line);
            }
            assertTrue(send(request("/metrics")).body().contains("etcd_debugging_mvcc_watch_stream_total 1"));
        }
        Eventually.holds("the watch has ended with its client", () -> {
            try {
                return send(request("/metrics")).body().contains("etcd_debugging_mvcc_watch_stream_total 0");
            } catch (Exception failed) {
                throw new IllegalStateException(failed);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/health",
                "/version",
                "/livez",
                "/readyz",
                "/livez?verbose",
                "/readyz/linearizable_read",
                "/metrics",
                "/debug/vars"
            })
    void pages(String path) throws Exception {
        HttpResponse<String> response = send(request(path));
        assertEquals(200, response.statusCode());
        assertTrue(response.headers().firstValue("date").isPresent());
        assertTrue(!response.body().isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/nope,404", "HEAD,/metrics,200", "HEAD,/health,405", "HEAD,/nope,404", "POST,/health,405",
        "POST,/metrics,200", "PUT,/livez,405", "DELETE,/nope,404", "GET,//health,307", "GET,/a/../health,307",
        "GET,/health?x=%25zz,200"
    })
    void methodsAndPaths(String method, String path, int status) throws Exception {
        HttpResponse<String> response = send(request(path)
                .method(method, method.equals("POST") ? BodyPublishers.ofString("x") : BodyPublishers.noBody()));
        assertEquals(status, response.statusCode());
        if (method.equals("HEAD")) {
            assertEquals("", response.body());
        } else if (status == 404) {
            assertEquals("404 page not found\n", response.body());
        } else if (status == 405) {
            assertEquals("GET", response.headers().firstValue("allow").orElseThrow());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "application/json,200",
        "text/plain,200",
        "Application/grpc,200",
        "application/grp,200",
        "application/grpc,405,",
        "application/grpc+proto,405"
    })
    void theContentTypeDecides(String type, int status) throws Exception {
        assertEquals(
                status, send(request("/version").header("content-type", type)).statusCode());
    }

    /// What a request may have as a body is bounded; etcd drops what nobody reads.
    @Test
    void bodies() throws Exception {
        assertEquals(
                405,
                send(request("/version").POST(BodyPublishers.ofByteArray(new byte[1 << 20])))
                        .statusCode());
        if (!MemberTarget.isEtcd()) {
            HttpRequest.Builder huge = request("/metrics").POST(BodyPublishers.ofByteArray(new byte[16 << 20]));
            assertEquals(413, send(huge).statusCode());
        }
        assertEquals(200, send(request("/health")).statusCode());
    }

    @Test
    void manyAtOnceOnOneConnection() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            String path = i % 2 == 0 ? "/version" : "/health";
            all.add(client.sendAsync(request(path).build(), BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> one : all) {
            assertEquals(200, one.get(60, TimeUnit.SECONDS).statusCode());
        }
    }

    @Test
    void theMetricsAddress() throws Exception {
        for (String path : List.of("/metrics", "/health", "/readyz")) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create(metricsUrl + path)).build(), BodyHandlers.ofString());
            assertEquals(200, response.statusCode(), path);
            assertEquals(HttpClient.Version.HTTP_2, response.version());
        }
    }

    /// On one connection: a watch on stream 1, a page on stream 3, a put on stream 5.
    @Test
    void besideAWatchOnOneConnection() throws Exception {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", secure.port);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        ByteString key = ByteString.copyFromUtf8("watched");
        try (RawHttp2 http = new RawHttp2(socket)) {
            StreamFaultsIT.watch(http, key);
            http.page(3, "/version");
            RawHttp2.Frame frame = http.nextOf(3);
            assertEquals(RawHttp2.HEADERS, frame.type());
            while (!frame.isLast()) {
                frame = http.nextOf(3);
            }
            assertTrue(new String(frame.payload()).contains("etcdserver") || frame.payload().length == 0);
            http.open(5, StreamFaultsIT.call("/etcdserverpb.KV/Put"), 1);
            http.message(5, Requests.put(key, "1").build().toByteArray(), true);
            assertEquals(key, StreamFaultsIT.watched(http).getEvents(0).getKv().getKey());
        }
    }

    /// gRPC goes on as ever at the same address.
    @Test
    void gRpcAtTheSameAddress() throws Exception {
        ManagedChannel channel = secure.channel(SecureMember.anonymous());
        try {
            assertTrue(KVGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .put(Requests.put(ByteString.copyFromUtf8("a"), "1").build())
                    .hasHeader());
        } finally {
            channel.shutdownNow();
        }
    }
}
