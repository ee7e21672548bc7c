package io.metastore.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.simulation.SimulatedDisk.Loss;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Three members under faults: what was acknowledged stays, once, and no read is stale.
@Timeout(60)
class ClusterFaultsTest {
    private static final int CLIENTS = 6;

    @TempDir
    private Path folder;

    private SimulatedCluster cluster(long seed) {
        return new SimulatedCluster(folder, 3, 500, seed);
    }

    private static void progress(SimulatedCluster cluster, Clients clients, String when) {
        long before = clients.acknowledged();
        try {
            Eventually.holds("writes go on " + when, () -> clients.acknowledged() > before + 30);
        } catch (AssertionError stuck) {
            throw new AssertionError(
                    stuck.getMessage() + "; " + cluster + ", " + (clients.acknowledged() - before), stuck);
        }
    }

    private static void end(SimulatedCluster cluster, Clients clients) throws Exception {
        List<Call> calls = clients.stop();
        History history = cluster.settle();
        history.check(calls);
        assertEquals(List.of(), cluster.faults());
        Duration held = cluster.network().longestHeld();
        assertTrue(held.toMillis() < 5_000, "a member held its transport for " + held);
    }

    @Test
    void aLeaderThatIsCutOffAcknowledgesNothingAndTheOthersGoOn() throws Exception {
        try (SimulatedCluster cluster = cluster(1);
                Clients clients = new Clients(cluster, CLIENTS)) {
            progress(cluster, clients, "at first");
            SimulatedMember former = cluster.leader();
            cluster.network().isolate(former.id());
            CompletableFuture<Long> alone = former.put("key-0", "alone");
            SimulatedMember next = cluster.leader(cluster.others(former));
            next.put("key-1", "by two").get(3, TimeUnit.SECONDS);
            assertTrue(alone.isCompletedExceptionally() || !alone.isDone(), "acknowledged by one of three");
            progress(cluster, clients, "without the former leader");
            Eventually.holds(
                    "the former leader knows",
                    () -> !former.consensus().leadership().isLeader());
            cluster.network().heal();
            cluster.leader();
            progress(cluster, clients, "after healing");
            end(cluster, clients);
        }
    }

    @Test
    void cutsOfOneDirectionStopNobodyForGood() throws Exception {
        try (SimulatedCluster cluster = cluster(2);
                Clients clients = new Clients(cluster, CLIENTS)) {
            progress(cluster, clients, "at first");
            SimulatedMember mute = cluster.leader();
            cluster.others(mute).forEach(other -> cluster.network().cut(mute.id(), other.id()));
            cluster.leader(cluster.others(mute));
            progress(cluster, clients, "while the leader is not heard");
            cluster.network().heal();
            SimulatedMember deaf = cluster.leader();
            cluster.others(deaf).forEach(other -> cluster.network().cut(other.id(), deaf.id()));
            progress(cluster, clients, "while the leader hears nobody");
            cluster.network().heal();
            SimulatedMember half = cluster.leader();
            cluster.network().cut(half.id(), cluster.others(half).getFirst().id());
            progress(cluster, clients, "while one does not hear the leader");
            end(cluster, clients);
        }
    }

    @Test
    void aDeposedLeaderDoesNotAnswerALinearizableReadWithWhatIsOld() throws Exception {
        try (SimulatedCluster cluster = cluster(3)) {
            SimulatedMember former = cluster.leader();
            former.put("key", "old").get(3, TimeUnit.SECONDS);
            assertEquals("old", former.read("key").get(3, TimeUnit.SECONDS).value());
            cluster.network().isolate(former.id());
            CompletableFuture<SimulatedMember.Seen> early = former.read("key");
            SimulatedMember next = cluster.leader(cluster.others(former));
            next.put("key", "new").get(3, TimeUnit.SECONDS);
            CompletableFuture<SimulatedMember.Seen> read = former.read("key");
            assertThrows(TimeoutException.class, () -> read.get(1, TimeUnit.SECONDS));
            assertTrue(!early.isDone(), "a read that nobody confirmed was answered");
            cluster.network().heal();
            assertEquals("new", read.get(3, TimeUnit.SECONDS).value());
            cluster.settle();
            assertEquals(List.of(), cluster.faults());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void nothingAcknowledgedIsLostWhenAllLosePowerAtOnce(int lost) throws Exception {
        Loss loss = Loss.values()[lost];
        try (SimulatedCluster cluster = cluster(4 + lost);
                Clients clients = new Clients(cluster, CLIENTS)) {
            for (int round = 0; round < 3; round++) {
                progress(cluster, clients, "in round " + round);
                cluster.members().forEach(SimulatedMember::fail);
                for (SimulatedMember member : cluster.members()) {
                    cluster.restart(member.id(), loss);
                }
            }
            progress(cluster, clients, "at last");
            end(cluster, clients);
        }
    }

    /// With JRaft's own handler of appends a lane's end waited up to 15 seconds for a thread that waited for it.
    @Test
    void connectionsThatEndUnderLoadHoldNobodyUp() throws Exception {
        try (SimulatedCluster cluster = cluster(7);
                Clients clients = new Clients(cluster, 3 * CLIENTS)) {
            for (int round = 0; round < 20; round++) {
                SimulatedMember leader = cluster.leader();
                progress(cluster, clients, "in round " + round);
                cluster.others(leader).forEach(other -> cluster.network().drop(leader.id(), other.id()));
            }
            end(cluster, clients);
        }
    }

    /// What a member that answers without a majority, or a disk that loses what was synced, would bring about.
    @Test
    void aHistoryThatLostAWriteIsFound() throws Exception {
        try (SimulatedCluster cluster = cluster(6)) {
            SimulatedMember leader = cluster.leader();
            leader.put("key", "first").get(3, TimeUnit.SECONDS);
            long began = System.nanoTime();
            SimulatedMember.Seen old = leader.read("key").get(3, TimeUnit.SECONDS);
            long revision = leader.put("key", "second").get(3, TimeUnit.SECONDS);
            long ended = System.nanoTime();
            History history = cluster.settle();
            Call.Put second = new Call.Put(1, "key", "second", began, ended, Call.End.DONE, revision);
            history.check(List.of(second, new Call.Read(1, "key", began, ended, old)));
            assertThrows(
                    AssertionError.class,
                    () -> history.check(List.of(second, new Call.Read(1, "key", ended + 1, ended + 2, old))));
            Call.Put gone = new Call.Put(1, "key", "third", began, ended, Call.End.DONE, revision + 1);
            assertThrows(AssertionError.class, () -> history.check(List.of(gone)));
            Call.Put refused = new Call.Put(1, "key", "second", began, ended, Call.End.REFUSED, 0);
            assertThrows(AssertionError.class, () -> history.check(List.of(refused)));
        }
    }

    /// Those of every build, or others on demand.
    static LongStream seeds() {
        long first = Long.getLong("faults.seed", 11);
        return LongStream.range(first, first + Long.getLong("faults.runs", 3));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingIsLostOrStaleUnderFaultsDrawnFromASeed(long seed) throws Exception {
        run(seed, 20);
    }

    private void run(long seed, int steps) throws Exception {
        try (SimulatedCluster cluster = cluster(seed);
                Clients clients = new Clients(cluster, CLIENTS)) {
            FaultScript script = new FaultScript(cluster);
            try {
                script.run(steps);
                end(cluster, clients);
            } catch (AssertionError | ExecutionException found) {
                throw new AssertionError(script + " -> " + found.getMessage(), found);
            }
            System.out.println(script + ": " + clients.acknowledged() + " writes acknowledged");
        }
    }
}
