package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.option.RaftOptions;
import io.metastore.consensus.Unavailable;
import io.metastore.engine.EngineFailure;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JraftConsensusTest {
    @TempDir
    private Path folder;

    private static long putMany(SingleMember member, String prefix, int count) throws Exception {
        List<CompletableFuture<Outcome<? extends Result>>> ends = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ends.add(member.put(prefix + i));
        }
        long revision = 0;
        for (CompletableFuture<Outcome<? extends Result>> end : ends) {
            Outcome<? extends Result> outcome = end.get(30, TimeUnit.SECONDS);
            if (!(outcome instanceof Outcome.Done<? extends Result>(Result result))) {
                throw new AssertionError("refused: " + outcome);
            }
            if (revision != 0) {
                assertEquals(revision + 1, result.revision());
            }
            revision = result.revision();
        }
        return revision;
    }

    private static boolean has(SingleMember member, String key) throws RevisionUnavailable {
        try (View view = member.store().view()) {
            return view.range(RangeQuery.all(KeyRange.single(Bytes.utf8(key)))).count() == 1;
        }
    }

    private static void assertWhole(SingleMember member, long revision) throws Exception {
        member.awaitLeadership();
        member.barrier();
        assertEquals(revision, member.store().state().revision());
        try (View view = member.store().view()) {
            assertEquals(revision - 1, view.keys());
        }
        assertNull(member.fault());
    }

    @Test
    void entriesAreAppliedInOrderAndABarrierSeesThem() throws Exception {
        try (SingleMember member = new SingleMember(folder, 10001, 0)) {
            member.awaitLeadership();
            member.barrier();
            assertEquals(1001, putMany(member, "key-", 1000));
            assertWhole(member, 1001);
            assertTrue(member.consensus().committedIndex() >= 1000);
            assertTrue(member.consensus().leadership().term() > 0);
        }
    }

    @Test
    void whoIsAnsweredFindsItsEntryApplied() throws Exception {
        try (SingleMember member = new SingleMember(folder, 10008, 0)) {
            member.awaitLeadership();
            for (int i = 0; i < 20; i++) {
                // Asked on the thread that answers, before it does anything else.
                long applied = member.put("key-" + i)
                        .thenApply(_ -> member.consensus().appliedIndex())
                        .get(30, TimeUnit.SECONDS);
                assertEquals(member.store().state().appliedIndex(), applied);
            }
        }
    }

    @Test
    void aRestartNeitherRepeatsNorLosesARevision() throws Exception {
        try (SingleMember member = new SingleMember(folder, 10002, 0)) {
            member.awaitLeadership();
            long revision = putMany(member, "first-", 300);
            member.stop();
            member.start();
            assertWhole(member, revision);
            revision = putMany(member, "second-", 300);
            assertEquals(601, revision);
            // The state forgets what it had not flushed; the log has it.
            member.crash();
            assertTrue(member.store().state().revision() > 0);
            member.start();
            assertWhole(member, revision);
            assertEquals(602, putMany(member, "third-", 1));
        }
    }

    @Test
    void aRestartAfterASnapshotGoesOnFromIt() throws Exception {
        try (SingleMember member = new SingleMember(folder, 10003, 0)) {
            member.awaitLeadership();
            putMany(member, "first-", 300);
            member.consensus().snapshot();
            long revision = putMany(member, "second-", 50);
            member.crash();
            member.start();
            assertWhole(member, revision);
            member.consensus().snapshot();
            member.consensus().snapshot();
            member.stop();
            member.start();
            assertWhole(member, revision);
            assertEquals(revision + 1, putMany(member, "third-", 1));
        }
    }

    @Test
    void snapshotsAreTakenByCount() throws Exception {
        try (SingleMember member = new SingleMember(folder, 10004, 100)) {
            member.awaitLeadership();
            putMany(member, "key-", 350);
            Path snapshots = member.raftFolder().resolve("snapshot");
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (list(snapshots).stream().noneMatch(name -> name.startsWith("snapshot_"))) {
                assertTrue(System.nanoTime() < deadline, "no snapshot was taken");
                TimeUnit.MILLISECONDS.sleep(10);
            }
            assertNull(member.fault());
        }
    }

    private static List<String> list(Path folder) throws java.io.IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    /// What fails at a stop as certainly not applied must not be there after the next start.
    @Test
    void whatIsSaidNotToBeAppliedIsNotApplied() throws Exception {
        Map<String, CompletableFuture<Outcome<? extends Result>>> ends = new LinkedHashMap<>();
        try (SingleMember member = new SingleMember(folder, 10005, 0)) {
            member.awaitLeadership();
            for (int i = 0; i < 2000; i++) {
                ends.put("key-" + i, member.put("key-" + i));
            }
            member.stop();
            member.start();
            member.awaitLeadership();
            member.barrier();
            int unsure = 0;
            for (var entry : ends.entrySet()) {
                try {
                    entry.getValue().get(10, TimeUnit.SECONDS);
                    assertTrue(has(member, entry.getKey()), "acknowledged and lost");
                } catch (ExecutionException e) {
                    Unavailable reason = (Unavailable) e.getCause();
                    unsure += reason.mayHaveApplied() ? 1 : 0;
                    assertTrue(reason.mayHaveApplied() || !has(member, entry.getKey()), () -> reason + " but applied");
                }
            }
            System.out.println(unsure + " of " + ends.size() + " proposals were left unsure by the stop");
            assertNull(member.fault());
        }
    }

    /// A log that ends before the state has been replaced or lost: the member does not start on it.
    @Test
    void aLogBehindTheStateIsRefused() throws Exception {
        SingleMember member = new SingleMember(folder, 10006, 0);
        member.awaitLeadership();
        putMany(member, "key-", 20);
        member.stop();
        try (Stream<Path> files = Files.walk(member.raftFolder())) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!path.equals(member.raftFolder())) {
                    Files.delete(path);
                }
            }
        }
        EngineFailure refusal = assertThrows(EngineFailure.class, member::start);
        assertTrue(refusal.getMessage().contains("part of the log is lost"), refusal.getMessage());
        member.close();
    }

    @Test
    void aBarrierAfterTheStopFails() throws Exception {
        SingleMember member = new SingleMember(folder, 10007, 0);
        member.awaitLeadership();
        assertFalse(member.put("key").get(10, TimeUnit.SECONDS) instanceof Outcome.Refused);
        member.stop();
        assertNotNull(assertThrows(Exception.class, member::barrier));
    }

    /// What makes an acknowledgement wait for the disk; that it really does is traced elsewhere.
    @Test
    void whatJRaftWritesIsSynced() throws Exception {
        try (SingleMember member = new SingleMember(folder, 10008, 0)) {
            RaftOptions options = member.raftOptions();
            assertTrue(options.isSyncMeta(), "the list of a snapshot's files is not synced");
        }
    }
}
