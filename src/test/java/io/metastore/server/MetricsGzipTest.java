package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who gets the metrics packed: whom etcd 3.7.3 was seen to give them so.
class MetricsGzipTest {
    private static final String PAGE = "some_metric 1\n";

    private static byte[] exchange(int port, String path, String accepted) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: " + accepted
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().readAllBytes();
        }
    }

    private static void check(int port, String accepted, boolean packed) throws IOException {
        byte[] answer = exchange(port, "/metrics", accepted);
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        int body = text.indexOf("\r\n\r\n") + 4;
        assertEquals(packed, text.substring(0, body).contains("content-encoding: gzip\r\n"), text);
        byte[] bytes = java.util.Arrays.copyOfRange(answer, body, answer.length);
        byte[] page = packed ? new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes() : bytes;
        assertEquals(PAGE, new String(page, StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip|true",
                "GZIP|true",
                "deflate, gzip|true",
                "gzip;q=0.5, br|true",
                "gzip;q=1.0|true",
                "gzip;q=0|false",
                "gzip; q=0.000|false",
                "*|false",
                "zstd|false",
                "identity|false",
                "xgzip|false",
            })
    void packedForWhoTakesIt(String accepted, boolean packed) throws IOException {
        try (ServedPort served = new ServedPort(Map.of("listen-metrics-urls", "http://127.0.0.1:0"))) {
            check(served.port(), accepted, packed);
            check(served.listeners.metricsPorts().values().iterator().next(), accepted, packed);
            assertFalse(new String(exchange(served.port(), "/version", accepted), StandardCharsets.ISO_8859_1)
                    .contains("content-encoding"));
        }
    }
}
