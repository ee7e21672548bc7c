package io.metastore.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PortsTest {
    private static final Path FOLDER = Path.of("data");

    /// A port that is taken; the one before it is free.
    private static ServerSocket taken() throws IOException {
        while (true) {
            ServerSocket socket = new ServerSocket();
            socket.bind(new InetSocketAddress(LocalMember.HOST, 0));
            try (ServerSocket before = new ServerSocket()) {
                before.bind(new InetSocketAddress(LocalMember.HOST, socket.getLocalPort() - 1));
                return socket;
            } catch (IOException _) {
                socket.close();
            }
        }
    }

    private static String refused(Layout layout, boolean whole) {
        LocalFailure failure = assertThrows(LocalFailure.class, () -> Ports.check(layout, whole));
        assertEquals(LocalFailure.Reason.PORT, failure.reason());
        return failure.getMessage();
    }

    @Test
    void aTakenPortIsNamedWithWhatToType() throws IOException {
        try (ServerSocket socket = taken()) {
            int port = socket.getLocalPort();
            String message = refused(Layout.ofFirstPort(FOLDER, 1, port), false);
            assertTrue(
                    message.matches("port " + port + " of 127\\.0\\.0\\.1, where clients reach m1, is in use by another"
                            + " program: end that one, or type --first-port \\d+"),
                    message);
            int suggested = Integer.parseInt(message.substring(message.lastIndexOf(' ') + 1));
            Ports.check(Layout.ofFirstPort(FOLDER, 1, suggested), false);
        }
    }

    /// Once members know each other, only their clients can be sent elsewhere.
    @Test
    void withDataOnlyTheClientsPortsMove() throws IOException {
        try (ServerSocket socket = taken()) {
            int port = socket.getLocalPort();
            Layout clients = new Layout(FOLDER, 1, port, port == 1 ? 2 : port - 1);
            assertTrue(refused(clients, true).endsWith(", which moves the clients' ports"), refused(clients, true));

            Layout peers = Layout.ofFirstPort(FOLDER, 1, port - 1);
            String message = refused(peers, true);
            assertTrue(message.contains("port " + port) && message.contains("where members reach m1"), message);
            assertTrue(message.contains("The members on data know each other by this port"), message);
            assertTrue(message.contains("another --data-dir, can have others: --first-port "), message);
        }
    }
}
