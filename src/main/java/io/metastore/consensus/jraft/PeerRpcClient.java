package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.util.Endpoint;
import com.google.protobuf.Message;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/// JRaft's calls to other members.
///
/// Says of every member that it is connected: JRaft asks this under its node's lock and would else wait for a
/// connection
/// there, while a dead member holds up an election. A call to a member that is not reached fails at once instead.
final class PeerRpcClient implements RpcClient {
    private static final Logger LOG = Logger.getLogger(PeerRpcClient.class);

    private Peers peers = Peers.none();
    private Followers followers;
    private ReplicationMetrics metrics;

    void use(PeerNodeOptions options) {
        peers = options.peers();
        followers = options.followers();
        metrics = options.metrics();
    }

    @Override
    public boolean init(RpcOptions options) {
        return true;
    }

    @Override
    public void shutdown() {
        // The way to other members is closed by its owner.
    }

    @Override
    public boolean checkConnection(Endpoint endpoint) {
        return true;
    }

    @Override
    public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
        return true;
    }

    @Override
    public void closeConnection(Endpoint endpoint) {
        // Connections are kept, and made anew when they break.
    }

    @Override
    public void registerConnectEventListener(ReplicatorGroup group) {
        // A replicator tries again by itself.
    }

    @Override
    public Object invokeSync(Endpoint endpoint, Object request, InvokeContext context, long timeoutMs)
            throws InterruptedException, RemotingException {
        CompletableFuture<Object> result = new CompletableFuture<>();
        invokeAsync(
                endpoint,
                request,
                context,
                (answer, failure) -> {
                    if (failure == null) {
                        result.complete(answer);
                    } else {
                        result.completeExceptionally(failure);
                    }
                },
                timeoutMs);
        try {
            return result.get(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (ExecutionException failure) {
            throw new RemotingException(failure.getCause());
        } catch (TimeoutException late) {
            throw new InvokeTimeoutException(late);
        }
    }

    @Override
    public void invokeAsync(
            Endpoint endpoint, Object request, InvokeContext context, InvokeCallback callback, long timeoutMs) {
        long member = PeerAddress.member(endpoint);
        Lane lane = RaftMessage.lane(request);
        RaftMessage kind = RaftMessage.of(request);
        boolean heartbeat = kind == RaftMessage.APPEND && lane == Lane.CONTROL;
        ReplicationMetrics.Follower follower = metrics.follower(endpoint);
        follower.calling(request);
        long called = System.nanoTime();
        followers.sent(member, request, called);
        peers.call(
                member,
                lane,
                RaftMessage.encode(request),
                new Peers.Reply() {
                    @Override
                    public void answered(PeerMessage answer) {
                        Message decoded = RaftMessage.decode(answer);
                        followers.ended(member, request, decoded, System.nanoTime());
                        // A lonely client waits for this: it is not handed to yet another thread when it takes no time.
                        Executor thread = followers.hasAll(request, decoded) ? Runnable::run : callback.executor();
                        run(thread, () -> {
                            follower.called(kind, heartbeat, called, decoded);
                            callback.complete(decoded, null);
                            followers.taken(request, decoded);
                        });
                    }

                    @Override
                    public void failed(PeerFailure why) {
                        followers.ended(member, request, null, System.nanoTime());
                        follower.called(kind, heartbeat, called, null);
                        RemotingException reason = why.kind() == PeerFailure.Kind.TIMED_OUT
                                ? new InvokeTimeoutException(why.getMessage())
                                : new RemotingException(why.getMessage());
                        run(callback.executor(), () -> callback.complete(null, reason));
                    }
                },
                Duration.ofMillis(timeoutMs));
    }

    /// Runs `end` on `executor`, at once without one. A full pool must not lose it, since a replicator without its
    /// answer sends
    /// nothing
    /// any more; one that is shut down belongs to a node that has stopped, and nobody waits.
    private static void run(Executor executor, Runnable end) {
        if (executor == null) {
            end.run();
            return;
        }
        try {
            executor.execute(end);
        } catch (RejectedExecutionException rejected) {
            if (executor instanceof ExecutorService service && service.isShutdown()) {
                LOG.debugf("an answer came after raft had stopped: %s", rejected.getMessage());
            } else {
                end.run();
            }
        }
    }
}
