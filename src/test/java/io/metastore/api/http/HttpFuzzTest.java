package io.metastore.api.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.fuzz.Fuzz;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// Requests of HTTP/1.1, damaged and cut into pieces: each is answered or ends the connection. Nothing is
/// thrown, no buffer stays behind, no count of connections is wrong afterwards.
class HttpFuzzTest {
    private static final int BODY_BYTES = 4096;

    private final HttpRoutes routes = new HttpRoutes()
            .any(
                    "/echo",
                    request -> CompletableFuture.completedFuture(HttpResponse.of(200, "text/plain", request.body())))
            .get("/health", _ -> CompletableFuture.completedFuture(HttpResponse.of(200, "text/plain", new byte[] {1})));
    private final HttpServing serving = new HttpServing(routes, HttpLimits.standard(BODY_BYTES));

    private static List<byte[]> corpus() {
        return List.of(
                        "GET /health?serializable=true&exclude=NOSPACE HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
                        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n",
                        "PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
                        "GET /%68ealth HTTP/1.0\r\n\r\nGET //health?x=%zz HTTP/1.1\r\nHost: b\r\n\r\nGET http://c/health HTTP/1.1\r\nHost: c\r\n\r\n",
                        "OPTIONS * HTTP/1.1\r\nHost: [::1]:2379\r\nX-Folded: a\r\n b\r\n\r\n")
                .stream()
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    @Test
    void requests() {
        Fuzz.of("requests of HTTP/1.1", NothingIsRefused.class)
                .allocating(2 << 20, 2_000)
                .run(corpus(), this::serve);
        assertEquals(0, serving.connections());
    }

    /// Bytes are refused by an answer, never by an exception.
    private static final class NothingIsRefused extends RuntimeException {}

    private void serve(byte[] input) {
        EmbeddedChannel channel = new EmbeddedChannel();
        serving.serve(channel);
        List<ByteBuf> pieces = new ArrayList<>();
        int piece = 1 + input.length / 3;
        for (int at = 0; at < input.length && channel.isOpen(); at += piece) {
            ByteBuf bytes = Unpooled.copiedBuffer(input, at, Math.min(piece, input.length - at));
            pieces.add(bytes);
            channel.writeInbound(bytes);
            channel.runPendingTasks();
        }
        channel.checkException();
        int status = 0;
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            String text = out.toString(StandardCharsets.ISO_8859_1);
            if (text.startsWith("HTTP/1.1 ")) {
                status = Integer.parseInt(text.substring(9, 12));
                assertTrue(status < 500 || status == 501 || status == 505, text);
            }
            out.release();
        }
        channel.finishAndReleaseAll();
        channel.runPendingTasks();
        for (ByteBuf bytes : pieces) {
            assertEquals(0, bytes.refCnt(), "a piece of the input was not released");
        }
    }
}
