package io.metastore.local;

import io.metastore.local.LocalFailure.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.OptionalInt;

/// Looks whether the ports of a cluster are free before anything is started.
final class Ports {
    private static final int SUGGESTED_STEP = 10_000;
    private static final int PORT_MAX = 65535;

    private Ports() {}

    /// @param whole whether data is there already, whose peer ports cannot change
    /// @throws LocalFailure naming the first that is taken, and what to type instead
    static void check(Layout layout, boolean whole) {
        for (LocalMember member : layout.members()) {
            for (Map.Entry<Integer, String> port : Layout.ports(member).entrySet()) {
                if (!isFree(port.getKey())) {
                    throw new LocalFailure(
                            Reason.PORT,
                            "port " + port.getKey() + " of " + LocalMember.HOST + ", " + port.getValue()
                                    + ", is in use by another program: "
                                    + instead(layout, whole, whole && port.getKey() == member.peerPort()));
                }
            }
        }
    }

    private static String instead(Layout layout, boolean whole, boolean fixed) {
        if (fixed) {
            return "end that one. The members on " + layout.folder()
                    + " know each other by this port; other members, on another --data-dir, can have others:"
                    + flag(layout, false);
        }
        return "end that one, or type" + flag(layout, whole) + (whole ? ", which moves the clients' ports" : "");
    }

    private static String flag(Layout layout, boolean whole) {
        OptionalInt free = free(layout, whole);
        return " --first-port " + (free.isPresent() ? String.valueOf(free.getAsInt()) : "N");
    }

    private static OptionalInt free(Layout layout, boolean whole) {
        for (int first = layout.firstClientPort() % SUGGESTED_STEP + SUGGESTED_STEP;
                first <= PORT_MAX;
                first += SUGGESTED_STEP) {
            Layout other =
                    whole ? layout.withClientsFrom(first) : Layout.ofFirstPort(layout.folder(), layout.count(), first);
            boolean fits = other.problem().isEmpty()
                    && other.members().stream()
                            .allMatch(member -> isFree(member.clientPort()) && (whole || isFree(member.peerPort())));
            if (fits) {
                return OptionalInt.of(first);
            }
        }
        return OptionalInt.empty();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            // As the members do it: a port whose connections have just ended is free.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral(LocalMember.HOST), port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
