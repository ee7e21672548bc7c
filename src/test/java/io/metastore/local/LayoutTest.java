package io.metastore.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LayoutTest {
    private static final Path FOLDER = Path.of("data");

    @Test
    void portsFollowEachOther() {
        Layout layout = Layout.ofFirstPort(FOLDER, 3, 2379);
        assertEquals("127.0.0.1:2379,127.0.0.1:2381,127.0.0.1:2383", layout.endpoints());
        assertEquals(
                List.of("127.0.0.1:2380", "127.0.0.1:2382", "127.0.0.1:2384"),
                layout.members().stream().map(LocalMember::peers).toList());
        assertEquals(Optional.empty(), layout.problem());
    }

    @Test
    void theStartLineOfAMember() {
        Layout layout = Layout.ofFirstPort(FOLDER, 2, 100);
        assertEquals(
                List.of(
                        "--name=m2",
                        "--data-dir=data/m2",
                        "--listen-client-urls=http://127.0.0.1:102",
                        "--advertise-client-urls=http://127.0.0.1:102",
                        "--listen-peer-urls=http://127.0.0.1:103",
                        "--initial-advertise-peer-urls=http://127.0.0.1:103",
                        "--initial-cluster=m1=http://127.0.0.1:101,m2=http://127.0.0.1:103",
                        "--initial-cluster-state=new",
                        "--metastore.process.end-with-stdin=true",
                        "--max-txn-ops=9"),
                layout.flags(layout.members().getLast(), List.of("--max-txn-ops=9")));
    }

    /// Whatever this command says about a member, nobody else may say.
    @Test
    void ownFlagsAreAllThatAreGiven() {
        Layout layout = Layout.ofFirstPort(FOLDER, 1, 100);
        for (String flag : layout.flags(layout.members().getFirst(), List.of())) {
            String name = flag.substring(2, flag.indexOf('='));
            assertTrue(Layout.OWN_FLAGS.contains(name), name);
        }
        assertEquals(
                Layout.OWN_FLAGS.size(),
                layout.flags(layout.members().getFirst(), List.of()).size());
    }

    @Test
    void clientsMoveAndPeersStay() {
        Layout moved = Layout.ofFirstPort(FOLDER, 3, 2379).withClientsFrom(12379);
        assertEquals("127.0.0.1:12379,127.0.0.1:12381,127.0.0.1:12383", moved.endpoints());
        assertEquals("127.0.0.1:2380", moved.members().getFirst().peers());
        assertEquals(Optional.empty(), moved.problem());
    }

    @Test
    void portsThatCannotBeAreNamed() {
        String high = Layout.ofFirstPort(FOLDER, 9, 65520).problem().orElseThrow();
        assertTrue(high.startsWith("m9 would have port 65537, and the highest there is is 65535"), high);
        assertEquals(Optional.empty(), Layout.ofFirstPort(FOLDER, 9, 65518).problem());
        String both = Layout.ofFirstPort(FOLDER, 3, 2379)
                .withClientsFrom(2378)
                .problem()
                .orElseThrow();
        assertTrue(both.contains("port 2380") && both.contains("reach m1") && both.contains("--first-port"), both);
        String same = Layout.ofFirstPort(FOLDER, 3, 2379)
                .withClientsFrom(2382)
                .problem()
                .orElseThrow();
        assertTrue(same.contains("port 2382 would be"), same);
    }

    @Test
    void anotherNumberOfMembersIsRefused() {
        Layout layout = Layout.ofFirstPort(FOLDER, 3, 2379);
        layout.checkCount(3);
        LocalFailure failure = assertThrows(LocalFailure.class, () -> layout.checkCount(5));
        assertEquals(LocalFailure.Reason.FOREIGN, failure.reason());
        assertEquals(
                "data holds a cluster of 3 members, not of 5: type --members 3, or another --data-dir for 5",
                failure.getMessage());
    }

    @Test
    void spareMembers() {
        assertEquals(
                List.of(0, 0, 1, 1, 2, 2, 3, 3, 4),
                IntStream.rangeClosed(1, 9)
                        .mapToObj(count -> Layout.ofFirstPort(FOLDER, count, 1).spare())
                        .toList());
    }
}
