package io.metastore.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Where the members of a cluster on this machine lie and listen. Member n has the ports 2n - 2 behind the first ones.
///
/// @param folder          holds a data directory and a log for each member
/// @param count           how many members
/// @param firstClientPort that of the first member
/// @param firstPeerPort   that of the first member. Others know the members by these: they cannot change
public record Layout(Path folder, int count, int firstClientPort, int firstPeerPort) {
    public static final int MEMBERS_MAX = 9;

    private static final int STEP = 2;
    private static final int PORT_MAX = 65535;

    /// What only this command may say about a member.
    public static final Set<String> OWN_FLAGS = Set.of(
            "name",
            "data-dir",
            "listen-client-urls",
            "advertise-client-urls",
            "listen-peer-urls",
            "initial-advertise-peer-urls",
            "initial-cluster",
            "initial-cluster-state",
            "metastore.process.end-with-stdin");

    /// A cluster whose ports follow each other: first that for clients, then that for members.
    public static Layout ofFirstPort(Path folder, int count, int firstPort) {
        return new Layout(folder, count, firstPort, firstPort + 1);
    }

    /// The same members, whose clients call them elsewhere.
    public Layout withClientsFrom(int port) {
        return new Layout(folder, count, port, firstPeerPort);
    }

    public List<LocalMember> members() {
        return IntStream.range(0, count).mapToObj(this::member).toList();
    }

    private LocalMember member(int index) {
        String name = "m" + (index + 1);
        return new LocalMember(
                name,
                folder.resolve(name),
                folder.resolve(name + ".log"),
                firstClientPort + STEP * index,
                firstPeerPort + STEP * index);
    }

    /// The flags with which one of the members is started.
    ///
    /// @param further what all of them are given beside it
    public List<String> flags(LocalMember member, List<String> further) {
        List<String> flags = new ArrayList<>(List.of(
                "--name=" + member.name(),
                "--data-dir=" + member.data(),
                "--listen-client-urls=" + member.clientUrl(),
                "--advertise-client-urls=" + member.clientUrl(),
                "--listen-peer-urls=" + member.peerUrl(),
                "--initial-advertise-peer-urls=" + member.peerUrl(),
                "--initial-cluster="
                        + members().stream()
                                .map(each -> each.name() + "=" + each.peerUrl())
                                .collect(Collectors.joining(",")),
                "--initial-cluster-state=new",
                "--metastore.process.end-with-stdin=true"));
        flags.addAll(further);
        return flags;
    }

    /// @throws LocalFailure when the data is of another number of members than is asked for
    public void checkCount(int asked) {
        if (asked != count) {
            throw new LocalFailure(
                    LocalFailure.Reason.FOREIGN,
                    folder + " holds a cluster of " + (count == 1 ? "1 member" : count + " members") + ", not of "
                            + asked + ": type --members " + count + ", or another --data-dir for " + asked);
        }
    }

    /// All client addresses, as etcdctl takes them.
    String endpoints() {
        return members().stream().map(LocalMember::clients).collect(Collectors.joining(","));
    }

    /// How many members may be lost while the others go on.
    public int spare() {
        return (count - 1) / 2;
    }

    /// What cannot be with these ports; empty when all can.
    public Optional<String> problem() {
        Map<Integer, String> taken = new HashMap<>();
        for (LocalMember member : members()) {
            int highest = Math.max(member.clientPort(), member.peerPort());
            if (highest > PORT_MAX) {
                return Optional.of(member.name() + " would have port " + highest + ", and the highest there is is "
                        + PORT_MAX + ": type a lower --first-port");
            }
            for (Map.Entry<Integer, String> port : ports(member).entrySet()) {
                String other = taken.put(port.getKey(), port.getValue());
                if (other != null) {
                    return Optional.of("port " + port.getKey() + " would be " + other + ", and " + port.getValue()
                            + ": type a --first-port that is " + (STEP * MEMBERS_MAX) + " higher or lower");
                }
            }
        }
        return Optional.empty();
    }

    /// The ports of a member and what they are for, in words; that of clients comes first.
    static SequencedMap<Integer, String> ports(LocalMember member) {
        SequencedMap<Integer, String> ports = new LinkedHashMap<>();
        if (member.clientPort() == member.peerPort()) {
            ports.put(member.clientPort(), "where clients and members reach " + member.name());
        } else {
            ports.put(member.clientPort(), "where clients reach " + member.name());
            ports.put(member.peerPort(), "where members reach " + member.name());
        }
        return ports;
    }
}
