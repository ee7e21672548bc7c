package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.grpc.health.HealthCheckRequest;
import io.metastore.api.grpc.health.HealthCheckResponse.ServingStatus;
import io.metastore.api.grpc.health.HealthGrpc;
import io.metastore.blackbox.LoopbackPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// One port for gRPC and HTTP/1.1, and what clients may do to it (GWY-01, GEN-02, GEN-04, GEN-07).
class ListenersTest {
    private static long range(ManagedChannel channel, String key) {
        return KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .build())
                .getCount();
    }

    @Test
    void grpcAndHttpOnOnePort() throws IOException {
        try (ServedPort served = new ServedPort(Map.of())) {
            ManagedChannel channel = served.channel();
            assertEquals(3, range(channel, "abc"));
            String answer = RawHttp.get(served.port(), "/health");
            assertEquals(200, RawHttp.status(answer));
            assertEquals("{\"health\":\"true\",\"reason\":\"\"}", RawHttp.body(answer));
            assertEquals(
                    "{\"etcdserver\":\"3.7.3\",\"etcdcluster\":\"3.7.0\",\"storage\":\"3.7.0\"}",
                    RawHttp.body(RawHttp.get(served.port(), "/version")));
            assertEquals("some_metric 1\n", RawHttp.body(RawHttp.get(served.port(), "/metrics")));
            assertEquals(2, range(channel, "ab"));
            channel.shutdownNow();
            Eventually.holds(
                    "connections are gone",
                    () -> served.listeners.httpConnections() == 0 && served.listeners.undecidedConnections() == 0);
        }
    }

    @Test
    void severalClientAddressesAndAMetricsAddress() throws IOException {
        Map<String, String> keys = Map.of(
                "listen-client-urls", "http://127.0.0.1:0,http://localhost:0",
                "listen-metrics-urls", "http://127.0.0.1:0");
        try (ServedPort served = new ServedPort(keys)) {
            assertEquals(2, served.listeners.clientPorts().size());
            for (int port : served.listeners.clientPorts().values()) {
                assertEquals(200, RawHttp.status(RawHttp.get(port, "/version")));
            }
            int metrics = served.listeners.metricsPorts().values().iterator().next();
            assertEquals(200, RawHttp.status(RawHttp.get(metrics, "/readyz")));
            assertEquals(404, RawHttp.status(RawHttp.get(metrics, "/version")));
        }
    }

    @Test
    void requestsOnOneConnectionAreAnsweredInOrder() throws IOException {
        try (ServedPort served = new ServedPort(Map.of())) {
            String answers = RawHttp.exchange(served.port(), """
                    GET /version HTTP/1.1\r
                    Host: a\r
                    \r
                    GET /health HTTP/1.1\r
                    Host: a\r
                    \r
                    HEAD /metrics HTTP/1.1\r
                    Host: a\r
                    \r
                    POST /health HTTP/1.1\r
                    Host: a\r
                    Content-Length: 3\r
                    \r
                    abcGET /nowhere HTTP/1.1\r
                    Host: a\r
                    Connection: close\r
                    \r
                    """);
            List<String> statuses = java.util.regex.Pattern.compile("HTTP/1\\.1 (\\d{3})")
                    .matcher(answers)
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            assertEquals(List.of("200", "200", "200", "405", "404"), statuses);
            assertTrue(answers.contains("allow: GET"), answers);
            assertTrue(answers.endsWith("404 page not found\n"), answers);
        }
    }

    @Test
    void limitsOfHttp() throws IOException {
        try (ServedPort served = new ServedPort(Map.of())) {
            int port = served.port();
            assertEquals(414, RawHttp.status(RawHttp.get(port, "/" + "a".repeat(10_000))));
            assertEquals(
                    431,
                    RawHttp.status(RawHttp.exchange(
                            port, "GET /health HTTP/1.1\r\nHost: a\r\nX-Long: " + "b".repeat(20_000) + "\r\n\r\n")));
            assertEquals(
                    413,
                    RawHttp.status(RawHttp.exchange(
                            port, "POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")));
            assertEquals(400, RawHttp.status(RawHttp.exchange(port, "GARBAGE\r\n\r\n")));
            assertEquals(400, RawHttp.status(RawHttp.exchange(port, "GET /health%zz HTTP/1.1\r\nHost: a\r\n\r\n")));
        }
    }

    /// Messages above the limit die in the gRPC layer (GEN-04).
    @Test
    void gen04() throws IOException {
        try (ServedPort served = new ServedPort(Map.of("max-request-bytes", "1000"))) {
            ManagedChannel channel = served.channel();
            assertEquals(500_000, range(channel, "k".repeat(500_000)));
            StatusRuntimeException refused =
                    assertThrows(StatusRuntimeException.class, () -> range(channel, "k".repeat(600_000)));
            assertEquals(Status.Code.RESOURCE_EXHAUSTED, refused.getStatus().getCode());
            channel.shutdownNow();
        }
    }

    /// The empty name is serving, another is not known (GEN-02).
    @Test
    void gen02() throws IOException {
        try (ServedPort served = new ServedPort(Map.of())) {
            ManagedChannel channel = served.channel();
            var health = HealthGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
            assertEquals(
                    ServingStatus.SERVING,
                    health.check(HealthCheckRequest.getDefaultInstance()).getStatus());
            StatusRuntimeException unknown = assertThrows(
                    StatusRuntimeException.class,
                    () -> health.check(HealthCheckRequest.newBuilder()
                            .setService("etcdserverpb.KV")
                            .build()));
            assertEquals(Status.Code.NOT_FOUND, unknown.getStatus().getCode());
            channel.shutdownNow();
        }
    }

    /// A thousand connections that say nothing, or half of a preface or a request line, are cut, and hinder
    /// nobody meanwhile.
    @Test
    void halfOpenConnectionsDoNoHarm() throws IOException {
        try (ServedPort served = new ServedPort(Map.of(), Optional.empty(), Duration.ofSeconds(3))) {
            String[] starts = {
                "", "P", "PRI * HTTP/2.0\r\n\r\nS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "G", "GET /health HT"
            };
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                Socket socket = RawHttp.open(served.port());
                RawHttp.send(socket, starts[i % starts.length]);
                sockets.add(socket);
            }
            ManagedChannel channel = served.channel();
            long started = System.nanoTime();
            assertEquals(3, range(channel, "abc"));
            assertEquals(200, RawHttp.status(RawHttp.get(served.port(), "/health")));
            assertTrue(System.nanoTime() - started < TimeUnit.SECONDS.toNanos(5));
            Eventually.holds("connections are gone", () -> served.listeners.undecidedConnections() == 0);
            RawHttp.all(sockets.getFirst());
            for (Socket socket : sockets) {
                socket.close();
            }
            Eventually.holds("connections are gone", () -> served.listeners.httpConnections() == 0);
            assertEquals(3, range(channel, "abc"));
            channel.shutdownNow();
        }
    }

    @Test
    void randomFirstBytesDoNoHarm() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (ServedPort served = new ServedPort(Map.of(), Optional.empty(), Duration.ofMillis(500))) {
            for (int i = 0; i < 500; i++) {
                byte[] bytes = new byte[1 + random.nextInt(200)];
                random.nextBytes(bytes);
                try (Socket socket = RawHttp.open(served.port())) {
                    socket.getOutputStream().write(bytes);
                    socket.shutdownOutput();
                    RawHttp.all(socket);
                }
            }
            ManagedChannel channel = served.channel();
            assertEquals(3, range(channel, "abc"), "seed " + seed);
            channel.shutdownNow();
            Eventually.holds(
                    "connections are gone",
                    () -> served.listeners.undecidedConnections() == 0 && served.listeners.httpConnections() == 0);
        }
    }

    @Test
    void addressesThatCannotBeListenedAt() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "http://127.0.0.1:" + taken.getLocalPort();
            IOException failure =
                    assertThrows(ListenFailure.class, () -> new ServedPort(Map.of("listen-client-urls", url)));
            assertEquals(
                    "listen-client-urls: cannot listen at " + url + ": the port is in use by another program",
                    failure.getMessage());
            failure = assertThrows(ListenFailure.class, () -> new ServedPort(Map.of("listen-metrics-urls", url)));
            assertTrue(
                    failure.getMessage().startsWith("listen-metrics-urls: cannot listen at " + url),
                    failure.getMessage());
        }
        for (String host : List.of("127.0.0.1", "0.0.0.0")) {
            int port = LoopbackPorts.next();
            String localhost = "http://localhost:" + port;
            String second = "http://" + host + ":" + port;
            assertEquals(
                    "listen-client-urls: cannot listen at " + second
                            + ": this member listens there already, for listen-client-urls " + localhost
                            + ": name each place once",
                    assertThrows(
                                    ListenFailure.class,
                                    () -> new ServedPort(Map.of("listen-client-urls", localhost + "," + second)))
                            .getMessage());
        }
        String localhost = "http://localhost:" + LoopbackPorts.next();
        assertEquals(
                "listen-client-urls: cannot listen at " + localhost
                        + ": this member listens there already, for listen-metrics-urls " + localhost
                        + ": name each place once",
                assertThrows(
                                ListenFailure.class,
                                () -> new ServedPort(
                                        Map.of("listen-client-urls", localhost, "listen-metrics-urls", localhost)))
                        .getMessage());
        IOException failure = assertThrows(
                ListenFailure.class,
                () -> new ServedPort(Map.of("listen-client-urls", "http://no-such-host.invalid:0")));
        assertEquals(
                "listen-client-urls: cannot listen at http://no-such-host.invalid:0: there is no such host",
                failure.getMessage());
    }

    @Test
    void stopsInTime() throws Exception {
        ServedPort served = new ServedPort(Map.of());
        Socket http = RawHttp.open(served.port());
        ManagedChannel channel = served.channel();
        range(channel, "abc");
        long started = System.nanoTime();
        served.close();
        assertTrue(System.nanoTime() - started < TimeUnit.SECONDS.toNanos(15));
        assertEquals("", RawHttp.all(http));
        assertFalse(served.listeners.undecidedConnections() > 0);
        channel.shutdownNow();
    }
}
