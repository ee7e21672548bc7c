package io.metastore.local;

import java.nio.file.Path;

/// One member of a cluster on this machine.
///
/// @param name       m1, m2, ...
/// @param data       its own data directory
/// @param log        what it says
/// @param clientPort where it listens for clients
/// @param peerPort   where it listens for the other members
public record LocalMember(String name, Path data, Path log, int clientPort, int peerPort) {
    static final String HOST = "127.0.0.1";

    String clients() {
        return HOST + ":" + clientPort;
    }

    String peers() {
        return HOST + ":" + peerPort;
    }

    String clientUrl() {
        return "http://" + clients();
    }

    String peerUrl() {
        return "http://" + peers();
    }

    /// Held by the member's process while it runs.
    Path lock() {
        return data.resolve("member").resolve("LOCK");
    }
}
