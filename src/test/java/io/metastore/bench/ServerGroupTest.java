package io.metastore.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.client.Endpoint;
import io.metastore.client.UsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Who starts where, and who is called.
class ServerGroupTest {
    private static final Side SIDE = Side.parse("ours=metastore --snapshot-count 5");

    private static StatusResponse status(long member, long leader) {
        return StatusResponse.newBuilder()
                .setHeader(ResponseHeader.newBuilder().setMemberId(member))
                .setLeader(leader)
                .build();
    }

    @Test
    void aServerAloneHasTheNameOfItsSide() throws IOException {
        List<ServerPlace> places = ServerPlace.of(SIDE, Path.of("out"), 7_000, 1);
        assertEquals(
                List.of(new ServerPlace("ours", Path.of("out/data/ours"), Path.of("out/ours.log"), 7_000, 7_001)),
                places);
        assertEquals("ours=http://127.0.0.1:7001", ServerPlace.cluster(places));
    }

    @Test
    void membersKnowEachOtherAndShareNothing() throws IOException {
        List<ServerPlace> places = ServerPlace.of(SIDE, Path.of("out"), 7_000, 3);
        assertEquals(
                List.of("ours-1", "ours-2", "ours-3"),
                places.stream().map(ServerPlace::name).toList());
        assertEquals(Path.of("out/data/ours/ours-3"), places.get(2).data());
        assertEquals(3, places.stream().map(ServerPlace::log).distinct().count(), "each has a log of its own");
        String cluster = ServerPlace.cluster(places);
        assertEquals("ours-1=http://127.0.0.1:7001,ours-2=http://127.0.0.1:7003,ours-3=http://127.0.0.1:7005", cluster);
        String command = String.join(
                " ", ServerProcess.command(SIDE, Path.of("/m"), places.get(1), cluster, OptionalInt.empty()));
        assertTrue(command.startsWith("/m server --name ours-2 --data-dir out/data/ours/ours-2 "), command);
        assertTrue(command.contains(" --listen-client-urls http://127.0.0.1:7002 "), command);
        assertTrue(command.contains(" --listen-peer-urls http://127.0.0.1:7003 "), command);
        assertTrue(command.contains(" --initial-cluster " + cluster + " "), command);
        assertTrue(command.endsWith(" --snapshot-count 5"), command);
    }

    @Test
    void freePortsDiffer() throws IOException {
        Set<Integer> ports = new HashSet<>();
        for (ServerPlace place : ServerPlace.of(SIDE, Path.of("out"), 0, 3)) {
            ports.add(place.clientPort());
            ports.add(place.peerPort());
        }
        assertEquals(6, ports.size());
    }

    @Test
    void theLeaderIsWhomAllCallSo() {
        assertEquals(1, ServerGroup.leader(List.of(status(7, 8), status(8, 8), status(9, 8))));
        assertEquals(-1, ServerGroup.leader(List.of(status(7, 8), status(8, 8), status(9, 7))));
        assertEquals(-1, ServerGroup.leader(List.of(status(7, 0), status(8, 0))));
        assertEquals(-1, ServerGroup.leader(List.of(status(7, 5), status(8, 5))), "a stranger");
    }

    @Test
    void callsGoToTheLeaderOrToAllWithItLast() {
        Endpoint a = new Endpoint("a", 1, false);
        Endpoint b = new Endpoint("b", 1, false);
        Endpoint c = new Endpoint("c", 1, false);
        List<Endpoint> all = List.of(a, b, c);
        assertEquals(List.of(b), ServerGroup.Through.parse("leader").of(all, 1));
        assertEquals(List.of(a, c, b), ServerGroup.Through.parse("all").of(all, 1));
        assertEquals(
                "--through is 'follower', but must be leader or all",
                assertThrows(UsageException.class, () -> ServerGroup.Through.parse("follower"))
                        .getMessage());
    }

    @Test
    void whatMembersUseIsAddedUp() {
        ProcessUsage sum = ProcessUsage.NONE.plus(new ProcessUsage(1, 20, 300)).plus(new ProcessUsage(4, 50, 600));
        assertEquals(new ProcessUsage(5, 70, 900), sum);
    }
}
