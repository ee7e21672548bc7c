package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.entity.NodeId;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.rpc.RaftServerService;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.google.protobuf.ByteString;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerMessage;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What other members ask, before raft's own node.
class PeerRpcServerTest {
    private static final String GROUP = "answers";
    private static final long SELF = 0xab;
    private static final Duration SOON = Duration.ofSeconds(10);

    private final BlockingQueue<Long> appended = new LinkedBlockingQueue<>();
    private final BlockingQueue<AppendEntriesResponse> answers = new LinkedBlockingQueue<>();
    private final CountDownLatch disk = new CountDownLatch(1);
    private final PeerRpcServer server = new PeerRpcServer(new ReplicationMetrics(100), (what, cause) -> {
        throw new AssertionError(what, cause);
    });
    private Node node;

    @AfterEach
    void close() {
        disk.countDown();
        server.close();
        NodeManager.getInstance().remove(node);
    }

    /// Stands for raft: answers an append with its index, or later, for which it gives null.
    private void raft(Function<AppendEntriesRequest, AppendEntriesResponse> append) {
        node = (Node) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Node.class, RaftServerService.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getGroupId" -> GROUP;
                    case "getNodeId" -> new NodeId(GROUP, PeerAddress.of(SELF));
                    case "getRaftOptions" -> new RaftOptions();
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "handleAppendEntriesRequest" -> {
                        AppendEntriesRequest request = (AppendEntriesRequest) arguments[0];
                        appended.add(request.getPrevLogIndex());
                        assertTrue(arguments[1] instanceof RpcRequestClosure);
                        yield append.apply(request);
                    }
                    default -> throw new UnsupportedOperationException(method.getName());
                });
        NodeManager.getInstance().addAddress(PeerAddress.of(SELF).getEndpoint());
        assertTrue(NodeManager.getInstance().add(node));
    }

    private static AppendEntriesResponse answer(AppendEntriesRequest request) {
        return AppendEntriesResponse.newBuilder()
                .setTerm(1)
                .setSuccess(true)
                .setLastLogIndex(request.getPrevLogIndex())
                .build();
    }

    private AppendEntriesResponse onceSynced(AppendEntriesRequest request) {
        try {
            assertTrue(disk.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return answer(request);
    }

    private static Caller lane() {
        return new Caller(0xcd, Lane.APPEND, () -> {});
    }

    private void append(Caller lane, long index, boolean heartbeat) {
        AppendEntriesRequest.Builder request = AppendEntriesRequest.newBuilder()
                .setGroupId(GROUP)
                .setServerId(PeerAddress.of(lane.member()).toString())
                .setPeerId(PeerAddress.of(SELF).toString())
                .setTerm(1)
                .setPrevLogIndex(index)
                .setPrevLogTerm(1)
                .setCommittedIndex(1);
        if (!heartbeat) {
            request.setData(ByteString.EMPTY);
        }
        PeerMessage message = RaftMessage.encode(request.build());
        server.called(lane, message, sent -> answers.add((AppendEntriesResponse) RaftMessage.decode(sent)));
    }

    private long answered() throws InterruptedException {
        AppendEntriesResponse answer = answers.poll(SOON.toSeconds(), TimeUnit.SECONDS);
        return answer == null ? -1 : answer.getLastLogIndex();
    }

    /// One thread reads from all members: were it kept, this member would be deaf to all of them. With JRaft's own
    /// processor of appends it waited for 15 seconds.
    @Test
    void aLaneEndsAtOnceWhateverItsAppendsWaitFor() throws InterruptedException {
        raft(this::onceSynced);
        Caller first = lane();
        append(first, 1, false);
        append(first, 2, false);
        assertEquals(1, appended.poll(SOON.toSeconds(), TimeUnit.SECONDS));

        assertTimeoutPreemptively(SOON, () -> {
            server.ended(first);
            append(lane(), 3, false);
        });

        // The next connection's appends are served while the last one's are still under way.
        assertEquals(3, appended.poll(SOON.toSeconds(), TimeUnit.SECONDS));
        disk.countDown();
        assertEquals(4, answered() + answered());
        assertEquals(0, appended.size());
    }

    @Test
    void heartbeatsDoNotWaitForAppends() throws InterruptedException {
        raft(request -> RaftMessage.isHeartbeat(request) ? answer(request) : onceSynced(request));
        Caller lane = lane();
        append(lane, 1, false);
        append(lane, 2, true);
        assertEquals(2, answered());
        disk.countDown();
        assertEquals(1, answered());
    }

    @Test
    void appendsOfALaneKeepTheirOrder() throws InterruptedException {
        raft(PeerRpcServerTest::answer);
        Caller lane = lane();
        for (int i = 0; i < 1_000; i++) {
            append(lane, i, false);
        }
        for (int i = 0; i < 1_000; i++) {
            assertEquals(i, appended.poll(SOON.toSeconds(), TimeUnit.SECONDS));
        }
    }
}
