package io.metastore.bench;

import io.metastore.client.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where one server runs.
///
/// @param name  the member's name
/// @param data  its data directory
/// @param log   gets its output
record ServerPlace(String name, Path data, Path log, int clientPort, int peerPort) {
    static final int PORTS = 2;

    /// @param firstPort  it listens there and on the next port; 0 for free ones
    static ServerPlace alone(String name, Path data, Path log, int firstPort) throws IOException {
        return new ServerPlace(
                name, data, log, firstPort == 0 ? freePort() : firstPort, firstPort == 0 ? freePort() : firstPort + 1);
    }

    /// The places of a side's servers below a folder: one with the side's name, or `members` of a cluster.
    static List<ServerPlace> of(Side side, Path folder, int firstPort, int members) throws IOException {
        Path data = folder.resolve("data").resolve(side.name());
        if (members == 1) {
            return List.of(alone(side.name(), data, folder.resolve(side.name() + ".log"), firstPort));
        }
        List<ServerPlace> places = new ArrayList<>();
        for (int i = 0; i < members; i++) {
            String name = side.name() + "-" + (i + 1);
            int port = firstPort == 0 ? 0 : firstPort + i * PORTS;
            places.add(alone(name, data.resolve(name), folder.resolve(name + ".log"), port));
        }
        return places;
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    String clientUrl() {
        return "http://127.0.0.1:" + clientPort;
    }

    String peerUrl() {
        return "http://127.0.0.1:" + peerPort;
    }

    Endpoint endpoint() {
        return new Endpoint("127.0.0.1", clientPort, false);
    }

    /// What `--initial-cluster` says when these found a cluster.
    static String cluster(List<ServerPlace> founders) {
        return String.join(
                ",",
                founders.stream()
                        .map(place -> place.name + "=" + place.peerUrl())
                        .toList());
    }
}
