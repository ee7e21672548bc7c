package io.metastore.attack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.MemberMemory;
import io.metastore.blackbox.Requests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/// Streams over HTTP whose clients read nothing, or never say what they want.
@Tag("blackbox")
@Timeout(240)
@TestInstance(Lifecycle.PER_CLASS)
class GatewayAttackIT {
    private static final int SOCKETS = 1_000;
    private static final int STREAMS = 100;
    private static final int EVENTS = 20;
    private static final int EVENT_CHARS = 64 << 10;
    private static final int LARGE_CHARS = 1 << 20;
    private static final int LARGE = 20;
    private static final long BUDGET = 64 << 20;
    private static final String STREAMS_OPEN = "etcd_debugging_mvcc_watch_stream_total ";
    private static final String WATCH = "{\"create_request\":{\"key\":\"YQ==\"}}";

    private Attacked attacked;

    @BeforeAll
    void start() {
        attacked = new Attacked("--metastore.read.response-budget-bytes=" + BUDGET);
    }

    @AfterAll
    void stop() {
        attacked.close();
    }

    private interface Opened {
        void open(Wire wire) throws IOException;
    }

    private List<Wire> wires(int count, Opened opened) throws IOException {
        List<Wire> wires = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Wire wire = new Wire(attacked.endpoint());
            wires.add(wire);
            opened.open(wire);
        }
        return wires;
    }

    private static void closeAll(List<Wire> wires) throws IOException {
        for (Wire wire : wires) {
            wire.reset();
        }
    }

    /// Watches that are there and whose clients read nothing.
    private List<Wire> silentStreams() throws IOException {
        List<Wire> wires = wires(STREAMS, wire -> {
            wire.send(head("/v3/watch", "Content-Length: " + WATCH.length()));
            wire.send(WATCH.getBytes(UTF_8));
        });
        streamsAre(Integer.toString(STREAMS));
        return wires;
    }

    private static byte[] head(String path, String... headers) {
        return ("POST " + path + " HTTP/1.1\r\nHost: member\r\n" + String.join("\r\n", headers) + "\r\n\r\n")
                .getBytes(UTF_8);
    }

    private static void upgrade(Wire wire) throws IOException {
        String answer = wire.send(handshake("/v3/watch")).head();
        assertTrue(answer.startsWith("HTTP/1.1 101 "), answer);
    }

    private static byte[] handshake(String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: member\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
                .getBytes(UTF_8);
    }

    /// A message of a client: a frame with a mask of zeros.
    private static byte[] message(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return ByteBuffer.allocate(6 + bytes.length)
                .put((byte) 0x81)
                .put((byte) (0x80 | bytes.length))
                .putInt(0)
                .put(bytes)
                .array();
    }

    private void write() {
        write(EVENTS, EVENT_CHARS);
    }

    private void write(int events, int chars) {
        Client client = attacked.member().client();
        for (int i = 0; i < events; i++) {
            client.put(Requests.bytes("a"), "x".repeat(chars));
        }
    }

    private double budget(String what) {
        return new MemberMemory(attacked.member()).metric("metastore_response_budget_" + what);
    }

    /// Calls wait for room, and what has room is no more than there is.
    private void waitsWithin(long bytes) {
        Eventually.holds("calls wait for room", () -> {
            double used = budget("used_bytes");
            assertTrue(used <= bytes, "in use: " + used);
            return used > BUDGET / 2.0 && budget("waiting") > 0;
        });
    }

    private void streamsAre(String count) {
        Eventually.holds("streams: " + count, () -> attacked.member().metrics().contains(STREAMS_OPEN + count));
    }

    /// One connection goes to the metrics, and the newest are refused when there are too many.
    @Test
    void webSocketsThatNeverRead() throws Exception {
        attacked.attack(SOCKETS + " WebSockets that never read", () -> {
            List<Wire> wires = wires(SOCKETS, wire -> {
                upgrade(wire);
                wire.send(message(WATCH));
            });
            streamsAre(Integer.toString(SOCKETS));
            write();
            attacked.serves();
            closeAll(wires);
            streamsAre("0");
        });
    }

    @Test
    void streamsThatStopReading() throws Exception {
        attacked.attack(STREAMS + " streams that stop reading", () -> {
            List<Wire> wires = silentStreams();
            write();
            attacked.serves();
            closeAll(wires);
            streamsAre("0");
        });
    }

    /// An event is in memory once. What it is as JSON is made only for as many of those who wait as there is room for.
    @Test
    void largeEventsThatNobodyReads() throws Exception {
        attacked.attack(STREAMS + " streams with large events", () -> {
            List<Wire> wires = silentStreams();
            write(LARGE, LARGE_CHARS);
            waitsWithin(BUDGET);
            attacked.serves();
            closeAll(wires);
            streamsAre("0");
            Eventually.holds("all room is given back", () -> budget("used_bytes") == 0 && budget("waiting") == 0);
        });
    }

    @Test
    void largeAnswersThatNobodyReads() throws Exception {
        Client client = attacked.member().client();
        for (int i = 0; i < LARGE; i++) {
            client.put(Requests.bytes("large" + i), "x".repeat(LARGE_CHARS));
        }
        // All keys from "large" to "largf".
        byte[] range = "{\"key\":\"bGFyZ2U=\",\"range_end\":\"bGFyZ2Y=\"}".getBytes(UTF_8);
        attacked.attack("large answers that nobody reads", () -> {
            List<Wire> wires = wires(LARGE, wire -> {
                wire.send(head("/v3/kv/range", "Content-Length: " + range.length));
                wire.send(range);
            });
            waitsWithin(BUDGET / 3 * 4);
            attacked.serves();
            closeAll(wires);
            Eventually.holds("all room is given back", () -> budget("used_bytes") == 0 && budget("waiting") == 0);
        });
    }

    /// Bodies without an end whose requests nobody can read: one object that never closes, and one request after
    /// another.
    @Test
    void bodiesThatNeverEnd() throws Exception {
        attacked.attack("bodies that never end", () -> {
            List<Wire> wires = wires(STREAMS, wire -> wire.send(head("/v3/watch", "Transfer-Encoding: chunked")));
            byte[] open = chunk("{\"create_request\":{\"key\":\"");
            byte[] more = chunk("YWFh".repeat(4 << 10));
            for (Wire wire : wires) {
                wire.send(open);
                boolean taken = true;
                for (int i = 0; i < 1_000 && taken; i++) {
                    taken = wire.trySend(more);
                }
                assertTrue(wire.awaitClosed(10_000), "a request without an end is cut");
            }
            List<Wire> many = wires(4, wire -> wire.send(head("/v3/lease/keepalive", "Transfer-Encoding: chunked")));
            byte[] requests = chunk("{\"ID\":404}".repeat(1_000));
            for (Wire wire : many) {
                for (int i = 0; i < 200 && wire.trySend(requests); i++) {
                    wire.drain();
                }
            }
            attacked.serves();
            closeAll(many);
        });
    }

    private static byte[] chunk(String text) {
        return (Integer.toHexString(text.length()) + "\r\n" + text + "\r\n").getBytes(UTF_8);
    }

    @Test
    void webSocketsThatKeepToNoRules() throws Exception {
        attacked.attack("WebSockets that keep to no rules", () -> {
            List<byte[]> frames = List.of(
                    new byte[] {(byte) 0x81, 0x05, 'n', 'o', 'm', 'a', 's'},
                    new byte[] {(byte) 0x83, (byte) 0x80, 0, 0, 0, 0},
                    new byte[] {(byte) 0xf1, (byte) 0x80, 0, 0, 0, 0},
                    new byte[] {(byte) 0x81, (byte) 0xff, 0x7f, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0},
                    new byte[] {(byte) 0x80, (byte) 0x80, 0, 0, 0, 0},
                    message("[".repeat(20) + "]".repeat(20)),
                    message("\u0000\u0001"),
                    message("{}}"));
            for (byte[] frame : frames) {
                for (int i = 0; i < 20; i++) {
                    try (Wire wire = new Wire(attacked.endpoint())) {
                        upgrade(wire);
                        wire.trySend(frame);
                        assertTrue(
                                wire.awaitClosed(15_000),
                                () -> "not cut: " + HexFormat.of().formatHex(frame));
                    }
                }
            }
        });
    }
}
