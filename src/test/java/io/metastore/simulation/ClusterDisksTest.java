package io.metastore.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.log.SegmentSizes;
import io.metastore.thread.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Three members whose disks are slow or fail, and members that stop when nobody is reached.
@Timeout(60)
class ClusterDisksTest {
    /// Long enough that a busy machine elects nobody else in between.
    private static final int CALM_ELECTION_MS = 1_500;

    @TempDir
    private Path folder;

    private SimulatedCluster cluster(long seed) {
        return new SimulatedCluster(folder, 3, 0, CALM_ELECTION_MS, false, seed);
    }

    private static void pause(int millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    /// A leader need not wait for its own disk while the two others have synced.
    @Test
    void aLeaderWithASlowDiskAcknowledgesAtTheSpeedOfTheOthers() throws Exception {
        try (SimulatedCluster cluster = cluster(21)) {
            SimulatedMember leader = cluster.leader();
            leader.put("key", "at first").get(5, TimeUnit.SECONDS);
            Duration slow = Duration.ofSeconds(1);
            leader.disk().slowSyncs(slow);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
            List<Long> took = new CopyOnWriteArrayList<>();
            List<Throwable> failures = new CopyOnWriteArrayList<>();
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                String key = "key-" + i;
                Runnable writing = () -> {
                    for (int call = 0; System.nanoTime() < end; call++) {
                        long began = System.nanoTime();
                        leader.put(key, key + " " + call)
                                .orTimeout(5, TimeUnit.SECONDS)
                                .join();
                        took.add(System.nanoTime() - began);
                        pause(2);
                    }
                };
                writers.add(Threads.unstarted("writer-" + i, writing, (_, cause) -> failures.add(cause)));
            }
            writers.forEach(Thread::start);
            for (Thread writer : writers) {
                writer.join();
            }
            assertEquals(List.of(), failures);
            List<Long> sorted = took.stream().sorted().toList();
            Duration p99 = Duration.ofNanos(sorted.get(sorted.size() * 99 / 100));
            System.out.println("leader's syncs take a second: " + sorted.size() / 4 + " writes/s, p50 "
                    + Duration.ofNanos(sorted.get(sorted.size() / 2)).toMillis() + " ms, p99 " + p99.toMillis()
                    + " ms");
            assertTrue(leader.consensus().leadership().isLeader(), "another leads: " + cluster);
            assertTrue(p99.compareTo(slow) < 0, "writes waited for the leader's disk");
            cluster.settle();
        }
    }

    @Test
    void aMemberWhoseDiskFailsStopsAndComesBackWithWhatItHad() throws Exception {
        try (SimulatedCluster cluster = cluster(22)) {
            SimulatedMember leader = cluster.leader();
            leader.put("key", "before").get(5, TimeUnit.SECONDS);
            leader.disk().failSyncs(true);
            leader.put("key", "during");
            Eventually.holds("the member stops", leader::hasFailed);
            assertEquals(1, cluster.faults().size(), cluster.faults().toString());
            SimulatedMember next = cluster.leader(cluster.others(leader));
            next.put("key", "after").get(5, TimeUnit.SECONDS);
            History history = cluster.settle();
            assertTrue(history.has("before") && history.has("after"));
        }
    }

    private static long lastIn(SimulatedDisk disk) throws IOException {
        Path log = Path.of(disk.path().toString())
                .resolve("member")
                .resolve("raft")
                .resolve("log");
        try (RaftLog opened = RaftLog.open(log, SegmentSizes.DEFAULT)) {
            return opened.last();
        }
    }

    /// A leader applies what the two others have synced before its own disk has it.
    private static void goAhead(SimulatedMember leader) throws Exception {
        leader.put("key", "at first").get(5, TimeUnit.SECONDS);
        leader.disk().slowSyncs(Duration.ofSeconds(2));
        for (int i = 0; i < 20; i++) {
            leader.put("key", "put " + i).get(5, TimeUnit.SECONDS);
        }
    }

    /// Starts one that has failed ahead of its log.
    private static void comeBack(SimulatedCluster cluster, SimulatedMember leader) throws Exception {
        SimulatedDisk kept = cluster.kept(leader.id(), SimulatedDisk.Loss.ALL);
        long last = lastIn(kept);
        cluster.leader(cluster.others(leader)).put("key", "without it").get(5, TimeUnit.SECONDS);
        cluster.start(leader.id(), kept);
        long applied = cluster.member(leader.id()).replicas().state().appliedIndex();
        assertTrue(applied > last, "state at " + applied + ", log at " + last);
        History history = cluster.settle();
        assertTrue(history.has("put 19") && history.has("without it"));
        assertEquals(List.of(), cluster.faults());
    }

    @Test
    void aMemberWhoseStateIsAheadOfItsLogStartsAndFollows() throws Exception {
        try (SimulatedCluster cluster = new SimulatedCluster(folder, 3, 0, CALM_ELECTION_MS, true, 24)) {
            SimulatedMember leader = cluster.leader();
            goAhead(leader);
            leader.fail();
            comeBack(cluster, leader);
        }
    }

    @Test
    void aMemberWhoseSnapshotIsAheadOfItsStateAndLogStartsAndFollows() throws Exception {
        try (SimulatedCluster cluster = cluster(25)) {
            SimulatedMember leader = cluster.leader();
            goAhead(leader);
            leader.consensus().snapshot();
            leader.fail();
            comeBack(cluster, leader);
        }
    }

    @Test
    void aMemberThatReachesNobodyStopsThoughManyWait() throws Exception {
        try (SimulatedCluster cluster = cluster(23)) {
            SimulatedMember leader = cluster.leader();
            cluster.members().forEach(member -> cluster.network().isolate(member.id()));
            List<CompletableFuture<Long>> waiting = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                waiting.add(leader.put("key", "call " + i));
                pause(4);
            }
            CompletableFuture<Void> closed = new CompletableFuture<>();
            Runnable closing = () -> {
                try {
                    leader.close();
                    closed.complete(null);
                } catch (InterruptedException never) {
                    throw new IllegalStateException(never);
                }
            };
            Threads.unstarted("closing", closing, (_, cause) -> closed.completeExceptionally(cause))
                    .start();
            closed.get(20, TimeUnit.SECONDS);
            for (CompletableFuture<Long> call : waiting) {
                assertTrue(call.isDone(), "a call waits for ever");
                assertFalse(!call.isCompletedExceptionally(), "acknowledged by one of three");
            }
            assertEquals(List.of(), cluster.faults());
        }
    }
}
