package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.rpc.Connection;
import com.alipay.sofa.jraft.rpc.RaftRpcServerFactory;
import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.rpc.impl.ConnectionClosedEventListener;
import com.google.protobuf.Message;
import io.metastore.consensus.Faults;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.thread.Threads;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Consumer;

/// Answers raft's calls of other members through JRaft's own handlers.
///
/// Appends of one lane run one after the other. Heartbeats and votes have threads of their own, so that they never wait
/// for an append that waits for the disk.
final class PeerRpcServer implements RpcServer, PeerHandler, AutoCloseable {
    private static final String CONNECTION = "jraft-connection";
    private static final String ORDER = "jraft-order";

    private final Map<String, RpcProcessor<Message>> processors = new HashMap<>();
    private final ReplicationMetrics metrics;
    private final Faults faults;
    private final ThreadPoolExecutor executor;
    private final ThreadPoolExecutor appends;

    PeerRpcServer(ReplicationMetrics metrics, Faults faults) {
        this.metrics = metrics;
        this.faults = faults;
        this.executor = Threads.pool("raft-calls", 3, new LinkedBlockingQueue<>(), faults);
        this.appends = Threads.pool("raft-appends", 2, new LinkedBlockingQueue<>(), faults);
        RaftRpcServerFactory.addRaftRequestProcessors(this, executor, executor, executor);
        registerProcessor(new AppendHandler(appends));
    }

    @Override
    public void called(Caller caller, PeerMessage message, Consumer<PeerMessage> answer) {
        Message request = RaftMessage.decode(message);
        String type = RaftMessage.of(request).typeName();
        RpcProcessor<Message> processor = processors.get(type);
        if (processor == null) {
            throw new IllegalArgumentException(type + " is no call");
        }
        Consumer<PeerMessage> counted =
                request instanceof InstallSnapshotRequest ? metrics.receiving(caller.member(), answer) : answer;
        RpcContext context = new Context(connection(caller), counted);
        try {
            executor(caller, request).execute(() -> handle(processor, caller, context, request));
        } catch (RejectedExecutionException full) {
            // Too much waits, or raft has stopped: the sender learns it with its lane, and sends again what counts.
            caller.cut();
        }
    }

    private void handle(RpcProcessor<Message> processor, Caller caller, RpcContext context, Message request) {
        try {
            processor.handleRequest(context, request);
        } catch (Throwable fault) {
            faults.halt("a call of member " + Long.toHexString(caller.member()) + " failed", fault);
        }
    }

    private Executor executor(Caller caller, Message request) {
        return request instanceof AppendEntriesRequest append && !RaftMessage.isHeartbeat(append)
                ? (InOrder) caller.attributes().computeIfAbsent(ORDER, _ -> new InOrder(appends))
                : executor;
    }

    private static Lane connection(Caller caller) {
        return (Lane) caller.attributes().computeIfAbsent(CONNECTION, _ -> new Lane(caller));
    }

    /// Forgets the appends of the lane that wait: the sender has given them up. Waits for nothing.
    @Override
    public void ended(Caller caller) {
        InOrder order = (InOrder) caller.attributes().get(ORDER);
        if (order != null) {
            order.drop();
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public void registerProcessor(RpcProcessor<?> processor) {
        processors.put(processor.interest(), (RpcProcessor<Message>) processor);
    }

    @Override
    public void registerConnectionClosedEventListener(ConnectionClosedEventListener listener) {
        // Only JRaft's handler of appends wants to know.
    }

    @Override
    public boolean init(Void options) {
        return true;
    }

    @Override
    public int boundPort() {
        return 0;
    }

    @Override
    public boolean isStarted() {
        return true;
    }

    @Override
    public void shutdown() {
        close();
    }

    @Override
    public void close() {
        executor.shutdown();
        appends.shutdown();
    }

    /// A lane as JRaft sees it.
    private record Lane(Caller caller) implements Connection {
        @Override
        public Object getAttribute(String key) {
            return caller.attributes().get(key);
        }

        @Override
        public void setAttribute(String key, Object value) {
            caller.attributes().put(key, value);
        }

        @Override
        public Object setAttributeIfAbsent(String key, Object value) {
            return caller.attributes().putIfAbsent(key, value);
        }

        @Override
        public void close() {
            caller.cut();
        }
    }

    private record Context(Lane lane, Consumer<PeerMessage> answer) implements RpcContext {
        @Override
        public void sendResponse(Object response) {
            answer.accept(RaftMessage.encode(response));
        }

        @Override
        public Connection getConnection() {
            return lane;
        }

        @Override
        public String getRemoteAddress() {
            return Long.toHexString(lane.caller().member());
        }
    }
}
