package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.blackbox.Member;
import io.metastore.server.tls.TestAuthority;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Plaintext to the TLS port and TLS to the plaintext port, `-Dattack.connections=N` times each.
class WrongProtocolIT {
    private static final int CONNECTIONS = Integer.getInteger("attack.connections", 500);

    @TempDir
    private Path folder;

    @Test
    void eachSpeaksTheOthersProtocol() throws Exception {
        TestAuthority.Issued server = new TestAuthority(folder, "authority").issue("server");
        int port = freePort();
        try (Attacked attacked = new Attacked(
                "--listen-client-urls=" + Member.CLIENT_URL + ",https://127.0.0.1:" + port,
                "--cert-file=" + server.certFile(),
                "--key-file=" + server.keyFile())) {
            attacked.attack(CONNECTIONS + " times plaintext to the TLS port", () -> {
                for (int i = 0; i < CONNECTIONS; i++) {
                    try (Wire wire = new Wire("127.0.0.1:" + port)) {
                        wire.trySend(i % 2 == 0 ? Wire.PREFACE : "GET /health HTTP/1.1\r\n\r\n".getBytes());
                        assertTrue(wire.awaitClosed(10_000), "not cut");
                    }
                }
            });
            String endpoint = attacked.endpoint();
            int plain = Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
            attacked.attack(CONNECTIONS + " times TLS to the plaintext port", () -> {
                for (int i = 0; i < CONNECTIONS; i++) {
                    try (Socket socket =
                            SSLContext.getDefault().getSocketFactory().createSocket("127.0.0.1", plain)) {
                        socket.setSoTimeout(10_000);
                        assertThrows(IOException.class, ((SSLSocket) socket)::startHandshake);
                    }
                }
            });
            String log = attacked.member().log();
            assertTrue(log.contains("speaks plaintext, but this address speaks TLS"), log);
            assertTrue(log.contains("speaks TLS, but this address speaks plaintext"), log);
            String page = attacked.member().metrics();
            assertTrue(page.contains("metastore_undecided_connections 0"), "connections are left");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
