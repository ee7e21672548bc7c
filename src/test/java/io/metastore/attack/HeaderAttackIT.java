package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Headers that are large, or become so.
class HeaderAttackIT {
    private static final String PUT = "/etcdserverpb.KV/Put";
    private static final int FRAME_MAX = 16_384;

    private static Attacked attacked;

    @BeforeAll
    static void start() {
        attacked = new Attacked();
    }

    @AfterAll
    static void stop() {
        attacked.close();
    }

    /// A field of 4 KiB goes into the table once and is named sixteen thousand times: 64 MiB in one frame.
    @Test
    void namedAgainAndAgain() throws Exception {
        attacked.attack("HPACK bomb", () -> {
            for (int i = 0; i < 50; i++) {
                ByteArrayOutputStream block = new ByteArrayOutputStream();
                block.writeBytes(Wire.call(PUT));
                block.write(0x40);
                Wire.string(block, "bomb");
                Wire.string(block, "x".repeat(4_000));
                while (block.size() < FRAME_MAX - 1) {
                    // The newest entry of the table.
                    Wire.integer(block, 0x80, 7, 62);
                }
                try (Wire wire = new Wire(attacked.endpoint()).greet()) {
                    wire.trySend(Wire.frame(Wire.HEADERS, Wire.END_HEADERS | Wire.END_STREAM, 1, block.toByteArray()));
                    wire.awaitClosed(50);
                }
            }
        });
    }

    /// Headers that never end: the connection is cut long before they fill the heap.
    @Test
    void continuedForEver() throws Exception {
        attacked.attack("endless CONTINUATION", () -> {
            byte[] more = Wire.frame(Wire.CONTINUATION, 0, 1, Wire.fields("more", "y".repeat(8_000)));
            try (Wire wire = new Wire(attacked.endpoint()).greet()) {
                wire.send(Wire.frame(Wire.HEADERS, 0, 1, Wire.call(PUT)));
                int sent = 0;
                while (sent < 20_000 && wire.trySend(more)) {
                    sent++;
                }
                assertTrue(sent < 20_000 || wire.awaitClosed(20_000), "the connection was not cut");
            }
            byte[] nothing = Wire.frame(Wire.CONTINUATION, 0, 1, new byte[0]);
            try (Wire wire = new Wire(attacked.endpoint()).greet()) {
                wire.send(Wire.frame(Wire.HEADERS, 0, 1, Wire.call(PUT)));
                int sent = 0;
                while (sent < 200_000 && wire.trySend(nothing)) {
                    sent++;
                }
                assertTrue(sent < 200_000 || wire.awaitClosed(20_000), "the connection was not cut");
            }
        });
    }

    /// A megabyte of headers in many fields, and the same over HTTP/1.1.
    @Test
    void many() throws Exception {
        attacked.attack("a megabyte of headers", () -> {
            for (int i = 0; i < 20; i++) {
                try (Wire wire = new Wire(attacked.endpoint()).greet()) {
                    boolean open = wire.trySend(Wire.frame(Wire.HEADERS, 0, 1, Wire.call(PUT)));
                    for (int j = 0; j < 64 && open; j++) {
                        open = wire.trySend(Wire.frame(
                                Wire.CONTINUATION,
                                j == 63 ? Wire.END_HEADERS : 0,
                                1,
                                Wire.fields("header-" + j, "z".repeat(16_000))));
                    }
                    wire.awaitClosed(50);
                }
                try (Wire wire = new Wire(attacked.endpoint())) {
                    wire.send("GET /health HTTP/1.1\r\n".getBytes());
                    boolean open = true;
                    for (int j = 0; j < 1_000 && open; j++) {
                        open = wire.trySend(("header-" + j + ": " + "z".repeat(1_000) + "\r\n").getBytes());
                    }
                    assertTrue(wire.awaitClosed(20_000), "the connection was not cut");
                }
            }
        });
    }
}
