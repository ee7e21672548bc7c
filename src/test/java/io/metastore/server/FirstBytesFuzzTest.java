package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.fuzz.Fuzz;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What a connection speaks is decided once: however its first bytes are cut, every longer piece says the same
/// as the first one that says anything.
class FirstBytesFuzzTest {
    /// Never thrown.
    private static final class NothingIsRefused extends RuntimeException {}

    @Test
    void firstBytes() {
        List<byte[]> corpus = Stream.of(
                        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
                        "GET / HTTP/1.1\r\n\r\n",
                        "PRIVATE / HTTP/1.1\r\n\r\n",
                        "\u0016\u0003\u0001\u0002\u0000\u0001",
                        "\u0016\u0005")
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
        Fuzz.of("first bytes", NothingIsRefused.class).run(corpus, input -> {
            Sniffed decided = Sniffed.UNDECIDED;
            for (int length = 0; length <= Math.min(input.length, 64); length++) {
                ByteBuf bytes = Unpooled.wrappedBuffer(input, 0, length);
                Sniffed now = Sniffed.of(bytes);
                assertEquals(length, bytes.readableBytes());
                if (decided != Sniffed.UNDECIDED) {
                    assertEquals(decided, now);
                }
                decided = now;
            }
        });
    }
}
