package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.entity.LocalStorageOutter.StablePBMeta;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.io.ProtoBufFile;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotMetaTable;
import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.log.SegmentSizes;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.EngineFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftFilesTest {
    @TempDir
    private Path folder;

    private static void put(SingleMember member, String key) throws Exception {
        member.awaitLeadership();
        member.put(key).get(10, TimeUnit.SECONDS);
    }

    private static Path vote(SingleMember member) {
        return member.raftFolder().resolve("meta").resolve(VoteFile.NAME);
    }

    @Test
    void theVoteThatJRaftWroteIsTakenOver() throws Exception {
        try (SingleMember member = new SingleMember(folder, 10101, 0)) {
            put(member, "a");
            VoteFile.Vote before = VoteFile.read(vote(member).getParent());
            member.stop();
            Files.delete(vote(member));
            Path former = vote(member).resolveSibling(VoteFile.FORMER);
            assertTrue(new ProtoBufFile(former.toString())
                    .save(
                            StablePBMeta.newBuilder()
                                    .setTerm(before.term() + 40)
                                    .setVotedfor(before.votedFor().toString())
                                    .build(),
                            true));
            member.start();
            put(member, "b");
            assertTrue(VoteFile.read(vote(member).getParent()).term() > before.term() + 40);
            assertFalse(Files.exists(former));
            assertEquals(3, member.store().state().revision());
        }
    }

    @Test
    void noFlippedBitOfTermAndVoteIsBelieved() throws Exception {
        Path file = folder.resolve(VoteFile.NAME);
        CheckedText.write(file, "term 17\nvoted for 8ddab73534be950c:1\n");
        byte[] content = Files.readAllBytes(file);
        assertEquals(17, VoteFile.read(folder).term());
        for (int bit = 0; bit < content.length * 8; bit++) {
            content[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, content);
            int flipped = bit;
            assertThrows(EngineFailure.class, () -> VoteFile.read(folder), () -> "bit " + flipped);
            content[bit / 8] ^= (byte) (1 << bit % 8);
        }
    }

    /// All of the log may lie in the snapshot; that is no loss. Without both it is one.
    @Test
    void aLogThatIsCutOffWholeIsToldFromOneThatIsLost() throws Exception {
        try (SingleMember member = new SingleMember(folder, 10102, 0)) {
            put(member, "a");
            member.consensus().snapshot();
            member.stop();
            member.start();
            put(member, "b");
            assertEquals(3, member.store().state().revision());
            member.stop();
            Path log = member.raftFolder().resolve("log");
            try (Stream<Path> files = Files.list(log)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            EngineFailure lost = assertThrows(EngineFailure.class, member::start);
            assertEquals("the raft log in " + log + " is missing", lost.getMessage());
            assertEquals(EngineFailure.Kind.DAMAGED, lost.kind());
        }
    }

    @Test
    void aSnapshotsAppliedIndexIsCheckedAndItsFormerFormRead() throws Exception {
        SnapshotFiles.writeApplied(folder, 351);
        assertEquals(351, SnapshotFiles.readApplied(folder));
        Path file = folder.resolve("applied");
        Files.writeString(file, Files.readString(file).replace("351", "350"));
        assertThrows(EngineFailure.class, () -> SnapshotFiles.readApplied(folder));
        Files.write(file, "12".getBytes(StandardCharsets.US_ASCII));
        assertEquals(12, SnapshotFiles.readApplied(folder));
    }

    /// An entry is agreed once a majority has synced it, of which this member need not have been one. Where its copy of
    /// the log is the only one, a state ahead of it has lost a part of it.
    @Test
    void aStateAheadOfItsLogIsLegalWhereOthersHaveTheLogToo() throws Exception {
        Path raft = stopped(10104);
        long last = last(raft);
        new RaftFiles(raft, true, last).open().close();
        EngineFailure lost = assertThrows(EngineFailure.class, () -> new RaftFiles(raft, true, last + 5).open());
        assertTrue(lost.getMessage().contains("part of the log is lost"), lost.getMessage());
        new RaftFiles(raft, false, last + 5).open().close();
    }

    /// A member that ended between the receipt of a snapshot and taking it over, and one that keeps its state in
    /// memory.
    @Test
    void aSnapshotAheadOfTheStateIsLegal() throws Exception {
        Path raft = stopped(10105);
        assertTrue(SnapshotFiles.newestCaptured(raft).orElseThrow().applied() > 0);
        new RaftFiles(raft, true, 0).open().close();
        new RaftFiles(raft, false, 0).open().close();
    }

    /// A snapshot is of the time before its receiver joined, when that needs it to join.
    @Test
    void aSnapshotThatDoesNotNameItsMemberIsLegal() throws Exception {
        Path raft = stopped(10106);
        try (Stream<Path> snapshots = Files.list(raft.resolve("snapshot"))) {
            Path meta = snapshots.findFirst().orElseThrow().resolve("__raft_snapshot_meta");
            LocalSnapshotMetaTable table = new LocalSnapshotMetaTable(new RaftOptions());
            assertTrue(table.loadFromFile(meta.toString()));
            table.setMeta(table.getMeta().toBuilder()
                    .clearPeers()
                    .addPeers("127.0.0.1:1")
                    .build());
            assertTrue(table.saveToFile(meta.toString()));
        }
        new RaftFiles(raft, false, last(raft)).open().close();
    }

    /// The files of a member that has ended, with a snapshot and entries behind it.
    private Path stopped(int port) throws Exception {
        try (SingleMember member = new SingleMember(folder, port, 0)) {
            put(member, "a");
            member.consensus().snapshot();
            put(member, "b");
            member.stop();
            Path copy = folder.resolve("stopped-" + port);
            try (Stream<Path> files = Files.walk(member.raftFolder())) {
                for (Path file : files.toList()) {
                    Files.copy(
                            file,
                            copy.resolve(member.raftFolder().relativize(file).toString()));
                }
            }
            member.start();
            return copy;
        }
    }

    private static long last(Path raft) throws Exception {
        try (RaftLog log = RaftLog.open(raft.resolve("log"), SegmentSizes.DEFAULT, DiskSpace.unbounded())) {
            return log.last();
        }
    }
}
