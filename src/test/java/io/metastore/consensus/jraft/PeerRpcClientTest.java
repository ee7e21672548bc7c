package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.google.protobuf.ByteString;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.Peers;
import java.util.ArrayList;
import java.util.List;
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
    private final PeerRpcClient client = new PeerRpcClient();

    PeerRpcClientTest() {
        client.use(new PeerNodeOptions(
                (member, lane, _, reply, _) -> {
                    assertEquals(0xab, member);
                    lanes.add(lane);
                    replies.add(reply);
                },
                new Followers()));
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
}
