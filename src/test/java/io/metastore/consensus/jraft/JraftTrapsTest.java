package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotMetaTable;
import com.alipay.sofa.jraft.util.ThreadPoolsFactory;
import io.metastore.Eventually;
import io.metastore.simulation.History;
import io.metastore.simulation.SimulatedCluster;
import io.metastore.simulation.SimulatedDisk;
import io.metastore.simulation.SimulatedDisk.Loss;
import io.metastore.simulation.SimulatedMember;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What three members would fall into with JRaft's own settings.
@Timeout(60)
class JraftTrapsTest {
    private static final int ELECTION_MS = 1_500;
    /// More than the threads of JRaft's own pool.
    private static final int MANY_TASKS = 80;

    @TempDir
    private Path folder;

    private SimulatedCluster cluster(long seed) {
        return new SimulatedCluster(folder, 3, 0, ELECTION_MS, false, seed);
    }

    /// JRaft's own pool rejects work when all its threads are busy. An entry that is proposed just then never gets to
    /// the leader's disk nor to the followers, those behind it wait for ever, and the log has a hole.
    @Test
    void entriesProposedWhileAllThreadsAreBusyAreAgreedAndLeaveNoHole() throws Exception {
        try (SimulatedCluster cluster = cluster(31)) {
            SimulatedMember leader = cluster.leader();
            leader.put("key", "before").get(5, TimeUnit.SECONDS);
            CountDownLatch busy = new CountDownLatch(1);
            List<CompletableFuture<Long>> calls = new ArrayList<>();
            try {
                for (int i = 0; i < MANY_TASKS; i++) {
                    occupy(cluster.group(), busy);
                }
                for (int i = 0; i < 6; i++) {
                    calls.add(leader.put("key", "while busy " + i));
                }
                // Time for the entries to come to the node.
                Eventually.holds("proposed", () -> leader.proposed() >= 1 && leader.waiting() == 0);
            } finally {
                busy.countDown();
            }
            for (CompletableFuture<Long> call : calls) {
                call.get(5, TimeUnit.SECONDS);
            }
            cluster.members().forEach(SimulatedMember::fail);
            for (SimulatedMember member : cluster.members()) {
                cluster.restart(member.id(), Loss.ALL);
            }
            assertTrue(cluster.settle().has("while busy 5"));
            assertEquals(List.of(), cluster.faults());
        }
    }

    private static void occupy(String group, CountDownLatch busy) {
        try {
            ThreadPoolsFactory.runInThread(group, () -> {
                try {
                    busy.await();
                } catch (InterruptedException stopped) {
                    Thread.currentThread().interrupt();
                }
            });
        } catch (RejectedExecutionException full) {
            assertTrue(full.getMessage() != null, "all threads are busy");
        }
    }

    /// JRaft's own client connects under the lock of its node, and waits a second for each member that is silent.
    @Test
    void aSilentMemberHoldsUpNoElection() throws Exception {
        try (SimulatedCluster cluster = cluster(32)) {
            SimulatedMember silent = cluster.others(cluster.leader()).getFirst();
            cluster.network().isolate(silent.id());
            List<SimulatedMember> others = cluster.others(silent);
            Duration shortest = Duration.ofMinutes(1);
            for (int round = 0; round < 4; round++) {
                SimulatedMember leader = cluster.leader(others);
                leader.put("key", "round " + round).get(5, TimeUnit.SECONDS);
                SimulatedMember next = others.stream()
                        .filter(other -> other != leader)
                        .findFirst()
                        .orElseThrow();
                long began = System.nanoTime();
                leader.consensus().transfer(next.id());
                Eventually.holds(
                        "another leads", () -> next.consensus().leadership().isLeader());
                Duration took = Duration.ofNanos(System.nanoTime() - began);
                shortest = took.compareTo(shortest) < 0 ? took : shortest;
            }
            System.out.println("an election beside a silent member took " + shortest.toMillis() + " ms at best");
            assertTrue(shortest.toMillis() < 900, "it took " + shortest);
            cluster.settle();
        }
    }

    /// A snapshot is of the time before its receiver joined, when that needs it to join.
    @Test
    void aMemberWhoseSnapshotDoesNotNameItFollows() throws Exception {
        try (SimulatedCluster cluster = cluster(33)) {
            SimulatedMember leader = cluster.leader();
            SimulatedMember follower = cluster.others(leader).getFirst();
            leader.put("key", "before").get(5, TimeUnit.SECONDS);
            follower.read("key").get(5, TimeUnit.SECONDS);
            follower.consensus().snapshot();
            follower.fail();
            SimulatedDisk kept = cluster.kept(follower.id(), Loss.ALL);
            forget(Path.of(kept.path().toString()), follower.id());
            leader.put("key", "after").get(5, TimeUnit.SECONDS);
            cluster.start(follower.id(), kept);
            History history = cluster.settle();
            assertTrue(history.has("before") && history.has("after"));
            assertEquals(List.of(), cluster.faults());
        }
    }

    private static void forget(Path disk, long member) throws Exception {
        Path snapshots = disk.resolve("member").resolve("raft").resolve("snapshot");
        try (Stream<Path> found = Files.list(snapshots)) {
            Path meta = found.findFirst().orElseThrow().resolve("__raft_snapshot_meta");
            LocalSnapshotMetaTable table = new LocalSnapshotMetaTable(new RaftOptions());
            assertTrue(table.loadFromFile(meta.toString()));
            List<String> others = table.getMeta().getPeersList().stream()
                    .filter(peer -> !peer.equals(PeerAddress.of(member).toString()))
                    .toList();
            assertEquals(2, others.size());
            table.setMeta(
                    table.getMeta().toBuilder().clearPeers().addAllPeers(others).build());
            assertTrue(table.saveToFile(meta.toString()));
        }
    }
}
