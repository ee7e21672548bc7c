package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.alipay.sofa.jraft.entity.EnumOutter;
import com.alipay.sofa.jraft.entity.RaftOutter.EntryMeta;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.google.protobuf.ByteString;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.Peers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/// Every call of JRaft ends once, and travels in its lane.
class PeerRpcClientTest {
    private final List<Peers.Reply> replies = new ArrayList<>();
    private final List<Lane> lanes = new ArrayList<>();
    private final List<Throwable> ends = new ArrayList<>();
    private final ReplicationMetrics metrics = new ReplicationMetrics(100);
    private final PeerRpcClient client = new PeerRpcClient();

    PeerRpcClientTest() {
        client.use(new PeerNodeOptions(
                (member, lane, _, reply, _) -> {
                    assertEquals(0xab, member);
                    lanes.add(lane);
                    replies.add(reply);
                },
                new Followers(_ -> {}, () -> 4),
                metrics));
    }

    private void call(Object request, Executor executor) {
        client.invokeAsync(
                PeerAddress.of(0xab).getEndpoint(),
                request,
                null,
                new InvokeCallback() {
                    @Override
                    public void complete(Object answer, Throwable failure) {
                        ends.add(failure);
                    }

                    @Override
                    public Executor executor() {
                        return executor;
                    }
                },
                1_000);
    }

    private static Object timeoutNow() {
        return TimeoutNowRequest.newBuilder()
                .setGroupId("g")
                .setServerId("a:1")
                .setPeerId("ab:1")
                .setTerm(1)
                .build();
    }

    private static AppendEntriesRequest.Builder append() {
        return AppendEntriesRequest.newBuilder()
                .setGroupId("g")
                .setServerId("a:1")
                .setPeerId("ab:1")
                .setTerm(1)
                .setPrevLogIndex(1)
                .setPrevLogTerm(1)
                .setCommittedIndex(1);
    }

    private void fail(int call, PeerFailure.Kind kind) {
        replies.get(call).failed(new PeerFailure(kind, "no answer"));
    }

    @Test
    void heartbeatsDoNotWaitBehindEntries() {
        call(append().build(), null);
        call(append().setData(ByteString.EMPTY).build(), null);
        assertEquals(List.of(Lane.CONTROL, Lane.APPEND), lanes);
    }

    @Test
    void aTimeLimitIsToldFromOtherFailures() {
        call(timeoutNow(), null);
        call(timeoutNow(), null);
        fail(0, PeerFailure.Kind.TIMED_OUT);
        fail(1, PeerFailure.Kind.UNKNOWN);
        assertInstanceOf(InvokeTimeoutException.class, ends.get(0));
        assertEquals(RemotingException.class, ends.get(1).getClass());
    }

    /// A follower that lacks something is sent it when its answer is taken, and that may have to be read from the disk.
    @Test
    void onlyTheAnswerOfWhoHasAllIsTakenOnTheThreadOfTheTransport() {
        List<Runnable> handed = new ArrayList<>();
        call(append(2).build(), handed::add);
        call(append(3).build(), handed::add);
        call(append(3).build(), handed::add);
        answer(0, true);
        assertEquals(1, handed.size(), "one of entries up to 3, where the log has 4");
        assertEquals(0, ends.size());
        answer(1, true);
        assertEquals(1, ends.size(), "one of all entries");
        answer(2, false);
        assertEquals(2, handed.size(), "a refusal");
    }

    private static AppendEntriesRequest.Builder append(int entries) {
        AppendEntriesRequest.Builder append = append().setData(ByteString.EMPTY);
        for (int i = 0; i < entries; i++) {
            append.addEntries(EntryMeta.newBuilder()
                    .setTerm(1)
                    .setType(EnumOutter.EntryType.ENTRY_TYPE_DATA)
                    .setDataLen(0));
        }
        return append;
    }

    private void answer(int call, boolean success) {
        replies.get(call)
                .answered(RaftMessage.encode(AppendEntriesResponse.newBuilder()
                        .setTerm(1)
                        .setSuccess(success)
                        .build()));
    }

    @Test
    void aFullPoolLosesNoAnswer() {
        call(timeoutNow(), _ -> {
            throw new RejectedExecutionException("full");
        });
        fail(0, PeerFailure.Kind.UNKNOWN);
        assertEquals(1, ends.size());
    }

    /// What is open when a member stops fails after raft is gone, and must not keep the state from being closed.
    @Test
    void anAnswerAfterRaftHasStoppedIsNobodys() {
        ExecutorService stopped = Executors.newSingleThreadExecutor();
        stopped.shutdownNow();
        call(timeoutNow(), stopped);
        fail(0, PeerFailure.Kind.UNKNOWN);
        assertEquals(0, ends.size());
    }

    private void answer(int call, Object message) {
        replies.get(call).answered(RaftMessage.encode(message));
    }

    private static AppendEntriesResponse appended(boolean success, long last) {
        return AppendEntriesResponse.newBuilder()
                .setTerm(1)
                .setSuccess(success)
                .setLastLogIndex(last)
                .build();
    }

    /// What a follower says of its log counts for the term in which it says it, and a refusal says nothing.
    @Test
    void theEndOfAFollowersLogIsKnown() {
        call(append().build(), null);
        assertEquals(Map.of(0xabL, 0L), metrics.reached(1));
        answer(0, appended(true, 7));
        assertEquals(Map.of(0xabL, 7L), metrics.reached(1));

        call(append().setData(ByteString.EMPTY).build(), null);
        answer(1, appended(true, 9));
        call(append().setData(ByteString.EMPTY).build(), null);
        answer(2, appended(false, 1));
        assertEquals(Map.of(0xabL, 9L), metrics.reached(1));

        call(append().setTerm(2).build(), null);
        assertEquals(Map.of(), metrics.reached(1));
        assertEquals(Map.of(0xabL, 0L), metrics.reached(2));
    }

    private static InstallSnapshotRequest install() {
        return InstallSnapshotRequest.newBuilder()
                .setGroupId("g")
                .setServerId("a:1")
                .setPeerId("ab:1")
                .setTerm(1)
                .setMeta(SnapshotMeta.newBuilder().setLastIncludedIndex(5).setLastIncludedTerm(1))
                .setUri("remote://a:1/1")
                .build();
    }

    private static InstallSnapshotResponse installed(boolean success) {
        return InstallSnapshotResponse.newBuilder()
                .setTerm(1)
                .setSuccess(success)
                .build();
    }

    @Test
    void snapshotsSentAreCounted() {
        for (int i = 0; i < 4; i++) {
            call(install(), null);
        }
        SnapshotCounts sent = metrics.snapshotsSent().get(0xabL);
        assertEquals(4, sent.underWay());
        answer(0, installed(true));
        answer(1, installed(false));
        fail(2, PeerFailure.Kind.TIMED_OUT);
        assertEquals(1, sent.underWay());
        assertEquals(1, sent.succeeded());
        assertEquals(2, sent.failed());
        assertEquals(1, sent.times().count());
    }

    @Test
    void snapshotsReceivedAreCounted() {
        List<Object> answers = new ArrayList<>();
        var first = metrics.receiving(0xab, answers::add);
        var second = metrics.receiving(0xab, answers::add);
        SnapshotCounts received = metrics.snapshotsReceived().get(0xabL);
        assertEquals(2, received.underWay());
        first.accept(RaftMessage.encode(installed(true)));
        second.accept(RaftMessage.encode(installed(false)));
        assertEquals(
                List.of(0, 1, 1), List.of(received.underWay(), (int) received.succeeded(), (int) received.failed()));
        assertEquals(2, answers.size());
    }

    /// Two intervals of 100 ms are allowed, counted from the end of the heartbeat before.
    @Test
    void onlyHeartbeatsThatThisMemberDelayedAreLate() {
        ReplicationMetrics.Follower follower =
                metrics.follower(PeerAddress.of(0xab).getEndpoint());
        long ms = 1_000_000;
        follower.heartbeat(1, ms);
        follower.heartbeatEnded(5_000 * ms);
        follower.heartbeat(1, 5_200 * ms);
        assertEquals(0, metrics.lateHeartbeats(), "the other took its time, not this member");
        follower.heartbeatEnded(5_201 * ms);
        follower.heartbeat(1, 5_402 * ms);
        assertEquals(1, metrics.lateHeartbeats());
        follower.heartbeatEnded(5_403 * ms);
        follower.heartbeat(3, 9_000 * ms);
        assertEquals(1, metrics.lateHeartbeats(), "another led meanwhile");
    }
}
