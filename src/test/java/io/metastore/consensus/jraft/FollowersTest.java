package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.RaftOutter.EntryMeta;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotResponse;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/// Which followers a leader keeps its log for.
class FollowersTest {
    private static final long LATER = Followers.ALIVE.toNanos();
    private static final InstallSnapshotRequest INSTALL = InstallSnapshotRequest.newBuilder()
            .setGroupId("g")
            .setServerId("1:1")
            .setPeerId("2:1")
            .setTerm(1)
            .setUri("remote")
            .setMeta(SnapshotMeta.newBuilder().setLastIncludedIndex(100).setLastIncludedTerm(1))
            .build();

    private final Followers followers = new Followers(_ -> {}, () -> Long.MAX_VALUE);

    private static AppendEntriesRequest append(long before, int entries) {
        return AppendEntriesRequest.newBuilder()
                .setGroupId("g")
                .setServerId("1:1")
                .setPeerId("2:1")
                .setTerm(1)
                .setPrevLogTerm(1)
                .setPrevLogIndex(before)
                .setCommittedIndex(0)
                .addAllEntries(Collections.nCopies(
                        entries,
                        EntryMeta.newBuilder()
                                .setTerm(1)
                                .setType(EntryType.ENTRY_TYPE_DATA)
                                .setDataLen(0)
                                .build()))
                .build();
    }

    private void answers(long member, long before, int entries, boolean success, long now) {
        followers.ended(
                member,
                append(before, entries),
                AppendEntriesResponse.newBuilder()
                        .setTerm(1)
                        .setSuccess(success)
                        .setLastLogIndex(1_000)
                        .build(),
                now);
    }

    @Test
    void theLogIsKeptForOneThatAnswersAndIsBehind() {
        answers(2, 90, 5, true, 0);
        assertFalse(followers.need(95, 1));
        assertTrue(followers.need(96, 1));
        answers(2, 95, 1, true, 2);
        assertFalse(followers.need(96, 3));
    }

    /// Entries that it has got from another leader are not those of this one.
    @Test
    void whatDoesNotMatchDoesNotCount() {
        answers(2, 90, 5, false, 0);
        assertTrue(followers.need(1, 1));
    }

    /// Answers may overtake each other.
    @Test
    void anEarlierAnswerTakesNothingBack() {
        answers(2, 90, 5, true, 0);
        answers(2, 80, 5, true, 1);
        assertFalse(followers.need(95, 2));
    }

    @Test
    void nobodyWaitsForOneThatDoesNotAnswer() {
        answers(2, 10, 0, true, 0);
        followers.ended(2, append(10, 1), null, LATER);
        assertFalse(followers.need(50, LATER));
    }

    @Test
    void theLogIsKeptForOneThatTakesASnapshot() {
        followers.sent(2, INSTALL, 0);
        assertTrue(followers.need(50, 10 * LATER), "a copy may take long");
        followers.ended(
                2,
                INSTALL,
                InstallSnapshotResponse.newBuilder().setTerm(1).setSuccess(true).build(),
                10 * LATER);
        assertFalse(followers.need(100, 10 * LATER));
        assertTrue(followers.need(101, 10 * LATER));
    }

    @Test
    void aCopyThatFailsIsNotWaitedFor() {
        followers.sent(2, INSTALL, 0);
        followers.ended(2, INSTALL, null, LATER);
        assertFalse(followers.need(50, LATER));
    }

    @Test
    void anotherTimeAsLeaderBeginsAnew() {
        answers(2, 10, 0, true, 0);
        followers.forget();
        assertFalse(followers.need(50, 1));
    }
}
