package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import io.metastore.consensus.peer.Peers;
import java.nio.file.Path;

/// A node's options with its way to other members, and what counts on it.
final class PeerNodeOptions extends NodeOptions {
    private final Peers peers;
    private final Followers followers;
    private final ReplicationMetrics metrics;

    PeerNodeOptions(Peers peers, Followers followers, ReplicationMetrics metrics) {
        this.peers = peers;
        this.followers = followers;
        this.metrics = metrics;
    }

    /// Sets everything but the state machine and the files.
    void set(RaftSettings settings) {
        Path folder = settings.folder();
        setInitialConf(new Configuration(
                settings.voters().stream().map(PeerAddress::of).toList()));
        setLogUri(folder.resolve("log").toString());
        setRaftMetaUri(folder.resolve("meta").toString());
        setSnapshotUri(folder.resolve("snapshot").toString());
        setElectionTimeoutMs(settings.electionMs());
        // Snapshots are triggered here, by what the log has grown, never by a clock on an idle member.
        setSnapshotIntervalSecs(0);
        setDisableCli(true);
        setRpcConnectTimeoutMs(200);
        setSharedElectionTimer(true);
        setSharedVoteTimer(true);
        setSharedStepDownTimer(true);
        setSharedSnapshotTimer(true);
        RaftOptions raft = new RaftOptions();
        raft.setSyncMeta(true);
        raft.setOpenStatistics(false);
        // The log has checksums of its own, and checks what it reads.
        raft.setEnableLogEntryChecksum(false);
        raft.setMaxLogsInMemoryBytes(Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 8));
        // Bounds what is under way to a follower that catches up: 4 MiB, which collections of the young part move along
        // without filling the old one. One entry may be longer.
        raft.setMaxReplicatorInflightMsgs(32);
        raft.setMaxBodySize(128 << 10);
        raft.setMaxByteCountPerRpc(PartSize.BYTES);
        raft.setMaxAppendBufferSize(1 << 20);
        raft.setDisruptorBufferSize(4096);
        raft.setElectionHeartbeatFactor(Math.max(1, settings.electionMs() / settings.heartbeatMs()));
        raft.setMaxElectionDelayMs(settings.electionMs());
        setRaftOptions(raft);
    }

    /// Told of what the node sends and of the answers.
    Followers followers() {
        return followers;
    }

    Peers peers() {
        return peers;
    }

    ReplicationMetrics metrics() {
        return metrics;
    }
}
