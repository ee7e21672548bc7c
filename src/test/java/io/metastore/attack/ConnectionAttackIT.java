package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.blackbox.Client;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Connections: very many, very slow, or gone in the middle of a call. `-Dattack.connections=N` says how many.
class ConnectionAttackIT {
    private static final int CONNECTIONS = Integer.getInteger("attack.connections", 2_000);
    private static final String PUT = "/etcdserverpb.KV/Put";
    private static final String WATCH = "/etcdserverpb.Watch/Watch";
    private static final byte[] WATCH_ALL = {10, 6, 10, 1, 0, 18, 1, 0};

    private static Attacked attacked;

    @BeforeAll
    static void start() {
        attacked = new Attacked();
    }

    @AfterAll
    static void stop() {
        attacked.close();
    }

    @Test
    void openedAndClosed() throws Exception {
        attacked.attack(2 * CONNECTIONS + " connections opened and closed", () -> {
            for (int i = 0; i < CONNECTIONS; i++) {
                new Wire(attacked.endpoint()).close();
                Wire reset = new Wire(attacked.endpoint());
                reset.trySend(i % 2 == 0 ? Wire.PREFACE : new byte[] {'G'});
                reset.reset();
            }
        });
    }

    /// They are open all at once and say nothing, or half a word. A client is served meanwhile, and they are
    /// cut by themselves.
    @Test
    void silent() throws Exception {
        attacked.attack(CONNECTIONS + " silent connections", () -> {
            List<Wire> silent = new ArrayList<>();
            try {
                for (int i = 0; i < CONNECTIONS; i++) {
                    Wire wire = new Wire(attacked.endpoint());
                    silent.add(wire);
                    if (i % 2 == 0) {
                        wire.trySend("PRI * HT".getBytes(StandardCharsets.US_ASCII));
                    }
                }
                attacked.serves();
                for (Wire wire : silent) {
                    assertTrue(wire.awaitClosed(25_000), "a silent connection was not cut");
                }
            } finally {
                closeAll(silent);
            }
        });
    }

    /// More connections than the process may have open files: some are refused, the database still opens its
    /// files, and who was there before is served.
    @Test
    void moreThanOpenFiles() throws Exception {
        Path prlimit = Path.of("/usr/bin/prlimit");
        Assumptions.assumeTrue(Files.isExecutable(prlimit), "no prlimit here");
        try (Attacked small = new Attacked()) {
            assertEquals(
                    0,
                    new ProcessBuilder(
                                    prlimit.toString(),
                                    "--pid=" + small.member().pid(),
                                    "--nofile=600:")
                            .inheritIO()
                            .start()
                            .waitFor());
            small.attack("1,000 connections where 600 files may be open", () -> {
                List<Wire> held = new ArrayList<>();
                try (Client client = small.member().connect()) {
                    client.put(ByteString.copyFromUtf8("held"), "connected before the others");
                    for (int i = 0; i < 1_000; i++) {
                        held.add(new Wire(small.endpoint()));
                        held.getLast().trySend(Wire.PREFACE);
                    }
                    for (int i = 0; i < 200; i++) {
                        client.put(ByteString.copyFromUtf8("held-" + i), "v".repeat(100_000));
                    }
                    assertEquals(
                            100_000,
                            client.get(ByteString.copyFromUtf8("held-7"))
                                    .orElseThrow()
                                    .getValue()
                                    .size());
                } finally {
                    closeAll(held);
                }
            });
            assertTrue(small.member().log().contains("ulimit -n"), "nothing in the log says why");
        }
    }

    /// A byte at a time, for longer than anybody waits: requests of HTTP/1.1 and the preface of HTTP/2.
    @Test
    void slow() throws Exception {
        byte[] http1 = ("GET /health HTTP/1.1\r\nX-Slow: " + "s".repeat(500)).getBytes(StandardCharsets.US_ASCII);
        attacked.attack("200 slow connections", () -> {
            List<Wire> slow = new ArrayList<>();
            try {
                for (int i = 0; i < 200; i++) {
                    slow.add(new Wire(attacked.endpoint()));
                }
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
                for (int at = 0; !slow.isEmpty() && System.nanoTime() < deadline; at++) {
                    List<Wire> cut = new ArrayList<>();
                    for (int i = 0; i < slow.size(); i++) {
                        // The preface ends after 24 bytes: at this pace that takes as long as the rest.
                        byte[] text = i % 2 == 0 || at % 10 != 0 ? http1 : Wire.PREFACE;
                        if (text == http1 && i % 2 == 1) {
                            continue;
                        }
                        int position = text == http1 ? at : at / 10;
                        if (!slow.get(i).trySend(new byte[] {text[Math.min(position, text.length - 1)]})) {
                            cut.add(slow.get(i));
                        }
                    }
                    closeAll(cut);
                    slow.removeAll(cut);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                }
                assertEquals(0, slow.size(), "connections that were not cut");
            } finally {
                closeAll(slow);
            }
        });
    }

    /// Clients vanish with a call half sent, or with a watch running.
    @Test
    void vanished() throws Exception {
        attacked.attack(CONNECTIONS + " clients that vanish", () -> {
            for (int i = 0; i < CONNECTIONS; i++) {
                Wire wire = new Wire(attacked.endpoint()).greet();
                if (i % 2 == 0) {
                    wire.trySend(Wire.frame(Wire.HEADERS, Wire.END_HEADERS, 1, Wire.call(PUT)));
                    wire.trySend(Wire.frame(Wire.DATA, 0, 1, new byte[] {0, 0, 1, 0, 0, 10}));
                } else {
                    wire.trySend(Wire.frame(Wire.HEADERS, Wire.END_HEADERS, 1, Wire.call(WATCH)));
                    wire.trySend(Wire.frame(Wire.DATA, 0, 1, Wire.message(WATCH_ALL)));
                }
                if (i % 4 < 2) {
                    wire.reset();
                } else {
                    wire.close();
                }
            }
            attacked.awaitNoWatchers();
        });
    }

    /// Watchers of everything whose clients never read, while a megabyte is written many times over.
    @Test
    void neverReading() throws Exception {
        int clients = 64;
        attacked.attack(clients + " clients that never read", () -> {
            List<Wire> deaf = new ArrayList<>();
            try (Client writer = attacked.member().connect()) {
                for (int i = 0; i < clients; i++) {
                    Wire wire = new Wire(attacked.endpoint()).greet();
                    deaf.add(wire);
                    // A window as large as there is: only the socket holds the member back.
                    wire.send(Wire.frame(Wire.SETTINGS, 0, 0, new byte[] {0, 4, 0x7f, -1, -1, -1}));
                    wire.send(Wire.frame(Wire.WINDOW_UPDATE, 0, 0, new byte[] {0x7f, -1, 0, 0}));
                    wire.send(Wire.frame(Wire.HEADERS, Wire.END_HEADERS, 1, Wire.call(WATCH)));
                    wire.send(Wire.frame(Wire.DATA, 0, 1, Wire.message(WATCH_ALL)));
                }
                String value = "v".repeat(1 << 20);
                long idle = attacked.memory();
                for (int i = 0; i < 60; i++) {
                    writer.put(ByteString.copyFromUtf8("large"), value);
                }
                long held = attacked.memory() - idle;
                System.out.printf("  %d deaf watchers of 60 MiB hold %d MiB%n", clients, held >> 20);
                // Each sent 60 MiB would be 3.75 GiB.
                assertTrue(held < (512L << 20) + Attacked.garbage(), "held: " + held);
            } finally {
                closeAll(deaf);
            }
            attacked.awaitNoWatchers();
        });
    }

    private static void closeAll(List<Wire> wires) throws IOException {
        for (Wire wire : wires) {
            wire.close();
        }
    }
}
