package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.fuzz.Mutator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Frames that no client should send, one or very many. `-Dattack.connections=N` says how many connections
/// send garbage.
class FrameAttackIT {
    private static final String PUT = "/etcdserverpb.KV/Put";
    private static final int FLOOD = Integer.getInteger("attack.frames", 50_000);

    private static Attacked attacked;

    @BeforeAll
    static void start() {
        attacked = new Attacked();
    }

    @AfterAll
    static void stop() {
        attacked.close();
    }

    /// What a client sends to put a pair and then to begin a watch.
    private static byte[] validBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] put = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("garbage"))
                .setValue(ByteString.copyFromUtf8("value"))
                .build()
                .toByteArray();
        bytes.writeBytes(Wire.PREFACE);
        bytes.writeBytes(Wire.frame(Wire.SETTINGS, 0, 0, new byte[] {0, 4, 0, 1, 0, 0}));
        bytes.writeBytes(Wire.frame(Wire.WINDOW_UPDATE, 0, 0, new byte[] {0, 1, 0, 0}));
        bytes.writeBytes(Wire.frame(Wire.HEADERS, Wire.END_HEADERS, 1, Wire.call(PUT)));
        bytes.writeBytes(Wire.frame(Wire.DATA, Wire.END_STREAM, 1, Wire.message(put)));
        bytes.writeBytes(Wire.frame(Wire.PING, 0, 0, new byte[8]));
        bytes.writeBytes(Wire.frame(Wire.HEADERS, Wire.END_HEADERS, 3, Wire.call("/etcdserverpb.Watch/Watch")));
        bytes.writeBytes(Wire.frame(Wire.DATA, 0, 3, Wire.message(new byte[] {10, 3, 10, 1, 'k'})));
        bytes.writeBytes(Wire.frame(Wire.RST_STREAM, 0, 3, new byte[] {0, 0, 0, 8}));
        return bytes.toByteArray();
    }

    @Test
    void garbage() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong(1_000_000));
        int connections = Integer.getInteger("attack.connections", 2_000);
        Mutator mutator = new Mutator(new Random(seed), List.of(validBytes()));
        attacked.attack(connections + " connections with garbage, seed " + seed, () -> {
            for (int i = 0; i < connections; i++) {
                try (Wire wire = new Wire(attacked.endpoint())) {
                    byte[] garbage = mutator.next();
                    if (i % 2 == 0) {
                        // Past the preface, where most of the decoder is.
                        System.arraycopy(Wire.PREFACE, 0, garbage, 0, Math.min(garbage.length, Wire.PREFACE.length));
                    }
                    if (wire.trySend(garbage)) {
                        wire.awaitClosed(1);
                    }
                }
            }
        });
    }

    /// Calls that are taken back at once, over and over, on one connection: it is cut.
    @Test
    void rapidReset() throws Exception {
        attacked.attack("rapid reset", () -> {
            try (Wire wire = new Wire(attacked.endpoint()).greet()) {
                byte[] call = Wire.call(PUT);
                boolean open = true;
                for (int i = 0; i < FLOOD && open; i++) {
                    int stream = 2 * i + 1;
                    open = wire.trySend(Wire.frame(Wire.HEADERS, Wire.END_HEADERS, stream, call))
                            && wire.trySend(Wire.frame(Wire.RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8}));
                    wire.drain();
                }
                assertTrue(!open || wire.awaitClosed(20_000), "the connection was not cut");
            }
        });
    }

    /// Answers to settings pile up at a client that does not read them: the connection is cut.
    @Test
    void settingsFlood() throws Exception {
        attacked.attack("settings flood", () -> flood(Wire.frame(Wire.SETTINGS, 0, 0, new byte[0])));
    }

    @Test
    void pingFlood() throws Exception {
        attacked.attack("ping flood", () -> flood(Wire.frame(Wire.PING, 0, 0, new byte[8])));
    }

    /// Each asks for an answer that is never read.
    private static void flood(byte[] frame) throws IOException {
        ByteBuffer many = ByteBuffer.allocate(100 * frame.length);
        for (int i = 0; i < 100; i++) {
            many.put(frame);
        }
        try (Wire wire = new Wire(attacked.endpoint()).greet()) {
            boolean open = true;
            for (int i = 0; i < 20 * FLOOD && open; i += 100) {
                open = wire.trySend(many.array());
            }
            assertTrue(!open || wire.awaitClosed(20_000), "the connection was not cut");
        }
    }

    /// Empty frames of data cost the sender next to nothing; nor may they cost the member anything that stays.
    @Test
    void emptyDataFlood() throws Exception {
        attacked.attack("flood of empty data", () -> {
            byte[] empty = Wire.frame(Wire.DATA, 0, 1, new byte[0]);
            try (Wire wire = new Wire(attacked.endpoint()).greet()) {
                wire.send(Wire.frame(Wire.HEADERS, Wire.END_HEADERS, 1, Wire.call(PUT)));
                boolean open = true;
                for (int i = 0; i < FLOOD && open; i++) {
                    open = wire.trySend(empty);
                }
            }
        });
    }
}
