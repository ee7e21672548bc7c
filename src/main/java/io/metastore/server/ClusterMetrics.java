package io.metastore.server;

import io.metastore.api.GrpcErrors;
import io.metastore.consensus.jraft.ReplicationMetrics;
import io.metastore.consensus.jraft.SnapshotCounts;
import io.metastore.consensus.peer.PeerMetrics;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// What passes between members, under etcd's names.
final class ClusterMetrics {
    private final TextFamilies families;

    ClusterMetrics(TextFamilies families) {
        this.families = families;
    }

    /// MET-02, MET-07, MET-16 and, when there are other members, the rest.
    void bind(Member member) {
        String own = id(member.identity().memberId());
        ReplicationMetrics replication = member.consensus().replication();
        families.counter(
                "etcd_server_heartbeat_send_failures_total",
                "Heartbeats that this member sent late as the leader: more than two intervals after the one before.",
                replication::lateHeartbeats);
        families.gauge(
                "etcd_server_snapshot_apply_in_progress_total",
                "1 while the snapshot of a leader takes the place of the state, else 0.",
                () -> member.consensus().disk().isTakingOver() ? 1 : 0);
        families.family("etcd_network_known_peers", "gauge", "1 for each member known, this one included.", lines -> {
            for (var known : member.machine().members().all()) {
                lines.sample(TextFamilies.labels("Local", own, "Remote", id(known.id())), 1);
            }
        });
        families.counter(
                "etcd_server_learner_promote_successes",
                "Learners that got a vote, of those that this member was asked for.",
                member.membership()::promotions);
        families.family(
                "etcd_server_learner_promote_failures",
                "counter",
                "Learners that got no vote, by the reason.",
                lines -> member.membership()
                        .refusedPromotions()
                        .forEach((error, count) -> lines.sample(
                                TextFamilies.labels(
                                        "Reason", GrpcErrors.status(error).getDescription()),
                                count)));
        bindPeers(own, member.peerPorts().metrics());
        bindSnapshots("send", "To", "sent to", replication::snapshotsSent);
        bindSnapshots("receive", "From", "received from", replication::snapshotsReceived);
        families.family(
                "metastore_raft_lag_entries",
                "gauge",
                "Entries of the log that a follower lacks, by what it said last; told by the leader alone.",
                samples("To", member.consensus()::lag, Long::doubleValue));
    }

    /// MET-15, MET-16.
    void bindPeers(String own, PeerMetrics peers) {
        Function<Long, String> pair = remote -> TextFamilies.labels("Local", own, "Remote", id(remote));
        families.family(
                "etcd_network_active_peers",
                "gauge",
                "1 for each other member that this one is connected to, else 0.",
                samples(pair, peers::all, counts -> counts.isConnected() ? 1 : 0));
        families.family(
                "etcd_network_disconnected_peers_total",
                "counter",
                "Connections to another member that have ended.",
                samples(pair, peers::all, PeerMetrics.Counts::disconnects));
        families.family(
                "etcd_network_peer_sent_bytes_total",
                "counter",
                "Bytes of the messages sent to another member, before encryption.",
                samples("To", peers::all, PeerMetrics.Counts::sentBytes));
        families.family(
                "etcd_network_peer_received_bytes_total",
                "counter",
                "Bytes of the messages received from another member, after decryption.",
                samples("From", peers::all, PeerMetrics.Counts::receivedBytes));
        families.family(
                "etcd_network_peer_sent_failures_total",
                "counter",
                "Calls to another member that were not sent, or whose connection broke before the answer came.",
                samples("To", peers::all, PeerMetrics.Counts::sentFailures));
        families.family(
                "etcd_network_peer_received_failures_total",
                "counter",
                "Calls of another member that came and could not be taken.",
                samples("From", peers::all, PeerMetrics.Counts::receivedFailures));
        families.family(
                "etcd_network_peer_round_trip_time_seconds",
                "histogram",
                "Time until another member answers a message that asks for nothing else; one is sent each second.",
                lines -> peers.all()
                        .forEach((remote, counts) ->
                                lines.histogram(TextFamilies.labels("To", id(remote)), counts.roundTrips())));
    }

    /// MET-18. As in etcd, series begin with the first snapshot.
    void bindSnapshots(String way, String label, String verb, Supplier<Map<Long, SnapshotCounts>> source) {
        Supplier<Map<Long, SnapshotCounts>> begun = () -> {
            Map<Long, SnapshotCounts> all = source.get();
            all.values().removeIf(snapshots -> !snapshots.any());
            return all;
        };
        String name = "etcd_network_snapshot_" + way + "_";
        families.family(
                name + "success",
                "counter",
                "Snapshots " + verb + " another member whole.",
                samples(label, begun, SnapshotCounts::succeeded));
        families.family(
                name + "failures",
                "counter",
                "Snapshots " + verb + " another member in part only, or not taken over.",
                samples(label, begun, SnapshotCounts::failed));
        families.family(
                name + "inflights_total",
                "gauge",
                "Snapshots that are being " + verb + " another member.",
                samples(label, begun, SnapshotCounts::underWay));
        families.family(
                name + "total_duration_seconds",
                "histogram",
                "Time for which a snapshot was " + verb + " another member, until it was taken over.",
                lines -> begun.get()
                        .forEach((remote, snapshots) ->
                                lines.histogram(TextFamilies.labels(label, id(remote)), snapshots.times())));
    }

    private static <T> Consumer<TextFamilies.Lines> samples(
            String label, Supplier<Map<Long, T>> source, ToDoubleFunction<T> value) {
        return samples(member -> TextFamilies.labels(label, id(member)), source, value);
    }

    private static <T> Consumer<TextFamilies.Lines> samples(
            Function<Long, String> labels, Supplier<Map<Long, T>> source, ToDoubleFunction<T> value) {
        return lines -> source.get()
                .forEach((member, counted) -> lines.sample(labels.apply(member), value.applyAsDouble(counted)));
    }

    private static String id(long id) {
        return Long.toHexString(id);
    }
}
