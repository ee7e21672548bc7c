package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.entity.LocalStorageOutter.StablePBMeta;
import com.alipay.sofa.jraft.storage.io.ProtoBufFile;
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
}
