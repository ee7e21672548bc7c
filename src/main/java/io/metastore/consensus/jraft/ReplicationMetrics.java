package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotResponse;
import com.alipay.sofa.jraft.util.Endpoint;
import com.google.protobuf.Message;
import io.metastore.consensus.peer.PeerMessage;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// What raft's calls tell of other members: how far they are, snapshots on their way to and from them, and whether they
/// are called in time.
public final class ReplicationMetrics {
    private final long lateNanos;
    private final LongAdder lateHeartbeats = new LongAdder();
    private final Map<Endpoint, Follower> followers = new ConcurrentHashMap<>();
    private final Map<Long, SnapshotCounts> received = new ConcurrentHashMap<>();

    /// @param heartbeatMs heartbeat interval
    ReplicationMetrics(int heartbeatMs) {
        // As in etcd, twice the interval is too late.
        this.lateNanos = 2 * TimeUnit.MILLISECONDS.toNanos(heartbeatMs);
    }

    /// A member that this one calls.
    final class Follower {
        private final SnapshotCounts sent = new SnapshotCounts();
        private volatile long term;
        private volatile long reached;
        /// When the last heartbeat of the term ended; 0 while one is under way.
        private long heartbeatEndedNanos;

        private Follower() {}

        /// Notes a call before it goes.
        void calling(Object request) {
            if (request instanceof AppendEntriesRequest append && RaftMessage.isHeartbeat(append)) {
                heartbeat(append.getTerm(), System.nanoTime());
            } else if (request instanceof InstallSnapshotRequest) {
                sent.begun();
            }
        }

        /// JRaft sends a heartbeat an interval after the one before went, or at once when that one took longer to end.
        synchronized void heartbeat(long ofTerm, long now) {
            if (ofTerm != term) {
                term = ofTerm;
                reached = 0;
            } else if (heartbeatEndedNanos != 0 && now - heartbeatEndedNanos > lateNanos) {
                lateHeartbeats.increment();
            }
            heartbeatEndedNanos = 0;
        }

        synchronized void heartbeatEnded(long now) {
            heartbeatEndedNanos = now;
        }

        /// Notes how a call ended.
        ///
        /// @param calledNanos when it went
        /// @param answer      null when there is none
        void called(RaftMessage kind, boolean heartbeat, long calledNanos, Message answer) {
            if (heartbeat) {
                heartbeatEnded(System.nanoTime());
            }
            if (kind == RaftMessage.INSTALL) {
                sent.ended(isInstalled(answer), System.nanoTime() - calledNanos);
            } else if (answer instanceof AppendEntriesResponse appended && appended.getSuccess()) {
                reached = appended.getLastLogIndex();
            }
        }
    }

    Follower follower(Endpoint member) {
        return followers.computeIfAbsent(member, _ -> new Follower());
    }

    private static boolean isInstalled(Message answer) {
        return answer instanceof InstallSnapshotResponse installed && installed.getSuccess();
    }

    /// Notes that `member` has begun to send a snapshot, and, when it is answered, how that ended.
    Consumer<PeerMessage> receiving(long member, Consumer<PeerMessage> answer) {
        SnapshotCounts snapshots = received.computeIfAbsent(member, _ -> new SnapshotCounts());
        snapshots.begun();
        long begun = System.nanoTime();
        return message -> {
            snapshots.ended(isInstalled(RaftMessage.decode(message)), System.nanoTime() - begun);
            answer.accept(message);
        };
    }

    /// Heartbeats that this member, when it led, sent too late.
    public long lateHeartbeats() {
        return lateHeartbeats.sum();
    }

    /// Index of the last entry that each follower has, as it said last to the leader of `term`.
    public Map<Long, Long> reached(long term) {
        Map<Long, Long> reached = new TreeMap<>();
        followers.forEach((endpoint, follower) -> {
            if (follower.term == term) {
                reached.put(PeerAddress.member(endpoint), follower.reached);
            }
        });
        return reached;
    }

    /// Snapshots sent, by the member that they were sent to.
    public Map<Long, SnapshotCounts> snapshotsSent() {
        Map<Long, SnapshotCounts> sent = new TreeMap<>();
        followers.forEach((endpoint, follower) -> sent.put(PeerAddress.member(endpoint), follower.sent));
        return sent;
    }

    /// Snapshots received, by the member that sent them.
    public Map<Long, SnapshotCounts> snapshotsReceived() {
        return new TreeMap<>(received);
    }
}
