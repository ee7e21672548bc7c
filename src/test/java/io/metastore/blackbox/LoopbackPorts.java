package io.metastore.blackbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Free ports of the loopback address, none given twice by one test run. They are taken from
/// `-Dmetastore.ports=first-last` (default 20000-29999), below the range from which systems draw the ports of
/// outgoing connections, so that a member can come back on the port it had.
public final class LoopbackPorts {

    private static final Set<Integer> GIVEN = new HashSet<>();

    private LoopbackPorts() {}

    /// A port that nobody listens on.
    public static synchronized int next() {
        String[] range = System.getProperty("metastore.ports", "20000-29999").split("-", 2);
        int first = Integer.parseInt(range[0]);
        int size = Integer.parseInt(range[1]) - first + 1;
        int start = ThreadLocalRandom.current().nextInt(size);
        for (int i = 0; i < size; i++) {
            int port = first + (start + i) % size;
            if (!GIVEN.contains(port) && isFree(port)) {
                GIVEN.add(port);
                return port;
            }
        }
        throw new IllegalStateException("no free port in " + range[0] + "-" + range[1]);
    }

    /// Gives a port back that nobody listens on any more.
    static synchronized void release(int port) {
        GIVEN.remove(port);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
