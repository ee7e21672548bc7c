package io.metastore.server;

import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.http.HealthCounts;
import io.metastore.cli.Versions;
import io.metastore.cluster.Alarm;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.EngineGauge;
import io.metastore.service.LeaseService;
import io.metastore.watch.WatchMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmInfoMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import java.io.IOException;
import java.util.List;

/// A member's figures under etcd's names, for what exists by now, and what RocksDB and the runtime tell of
/// themselves.
final class EtcdMetrics implements AutoCloseable {

    /// Names and stages of the feature gates of etcd 3.7.3.
    private static final String[][] FEATURE_GATES = {
        {"AllAlpha", "ALPHA"},
        {"AllBeta", "BETA"},
        {"CompactHashCheck", "ALPHA"},
        {"FastLeaseKeepAlive", "BETA"},
        {"InitialCorruptCheck", "ALPHA"},
        {"LeaseCheckpoint", "ALPHA"},
        {"LeaseCheckpointPersist", "ALPHA"},
        {"PriorityRequest", "ALPHA"},
        {"SetMemberLocalAddr", "ALPHA"},
        {"StopGRPCServiceOnDefrag", "ALPHA"},
        {"TxnModeWriteWithSharedBuffer", "BETA"},
    };

    private final TextFamilies families;
    private final JvmGcMetrics gc = new JvmGcMetrics();

    EtcdMetrics(TextFamilies families) {
        this.families = families;
    }

    void bind(Member member, AppliedCounts applied, GrpcMetrics calls, HealthCounts health, MeterRegistry registry) {
        bindServer(member);
        bindStore(member, applied, calls);
        bindLeases(member.leases());
        bindAlarms(member);
        bindHealth(health);
        bindWhatIsNot();
        new ClusterMetrics(families).bind(member);
        new DurationMetrics(families).bind(member);
        bindEngine(member);
        bindDisk(member.disk());
        ProcessMetrics.bind(families);
        WatchMetrics.bind(member.watchHub().counts(), registry);
        gc.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new JvmInfoMetrics().bindTo(registry);
    }

    /// MET-01 to MET-03, MET-06.
    private void bindServer(Member member) {
        var consensus = member.consensus();
        families.gauge(
                "etcd_server_has_leader",
                "Whether a leader is known.",
                () -> truth(consensus.leadership().leader() != 0));
        families.gauge(
                "etcd_server_is_leader",
                "Whether this member leads.",
                () -> truth(consensus.leadership().isLeader()));
        families.gauge(
                "etcd_server_is_learner",
                "Whether this member has no vote yet.",
                () -> truth(MemberHealth.isLearner(member)));
        families.counter(
                "etcd_server_leader_changes_seen_total",
                "Times that a leader was seen to come.",
                () -> consensus.leadership().changes());
        // Before the first leader comes the log may not be open yet; what is applied is known all the same.
        families.gauge(
                "etcd_server_proposals_committed_total",
                "Raft entries agreed on.",
                () -> consensus.leadership().changes() > 0
                        ? consensus.committedIndex()
                        : member.machine().appliedIndex());
        families.gauge(
                "etcd_server_proposals_applied_total",
                "Raft entries applied here.",
                () -> consensus.leadership().changes() > 0
                        ? consensus.appliedIndex()
                        : member.machine().appliedIndex());
        families.gauge(
                "etcd_server_quota_backend_bytes",
                "Size of the database at which writes are refused; negative: never.",
                () -> member.config().quotaBytes().orElse(-1));
        families.gauge(
                "etcd_debugging_auth_revision",
                "Revision of users, roles and permissions.",
                () -> member.auth().access().state().revision());
        constant(
                "etcd_server_id",
                "1 for the id of this member, in hexadecimal.",
                TextFamilies.labels("server_id", id(member.identity().memberId())));
        constant(
                "etcd_server_version",
                "1 for the version of etcd's API that this server speaks.",
                TextFamilies.labels("server_version", Versions.ETCD));
        constant(
                "etcd_cluster_version",
                "1 for the version that the cluster has agreed on.",
                TextFamilies.labels("cluster_version", minor(Versions.ETCD)));
        constant(
                "metastore_build_info",
                "1 for the version of MetaStore.",
                TextFamilies.labels("version", Versions.metastore()));
    }

    /// MET-12, MET-13, MET-20.
    private void bindStore(Member member, AppliedCounts applied, GrpcMetrics calls) {
        families.gauge(
                "etcd_mvcc_db_total_size_in_bytes",
                "Size of the database on disk and in write buffers.",
                () -> member.engine().allocatedBytes());
        families.gauge(
                "etcd_mvcc_db_total_size_in_use_in_bytes",
                "Estimate of what live data takes of it.",
                () -> member.engine().liveBytes());
        families.gauge(
                "etcd_mvcc_db_open_read_transactions",
                "Views of the store that readers hold.",
                () -> member.store().openViews());
        families.counter("etcd_mvcc_put_total", "Puts applied.", applied::puts);
        families.counter("etcd_mvcc_delete_total", "Deletes applied.", applied::deletes);
        families.counter(
                "etcd_mvcc_range_total",
                "Range requests answered; those inside transactions are not counted.",
                () -> calls.succeeded(KVGrpc.getRangeMethod().getFullMethodName())
                        + calls.succeeded(KVGrpc.getRangeStreamMethod().getFullMethodName()));
        families.counter("etcd_mvcc_txn_total", "Transactions applied that changed more than one key.", applied::txns);
        families.gauge(
                "etcd_debugging_mvcc_total_put_size_in_bytes", "Bytes of keys and values put.", applied::putBytes);
        families.gauge("etcd_debugging_mvcc_keys_total", "Keys that exist.", () -> {
            try (var view = member.replicas().view()) {
                return view.keys();
            }
        });
        families.gauge(
                "etcd_debugging_mvcc_current_revision",
                "Newest revision.",
                () -> member.store().state().revision());
        families.gauge(
                "etcd_debugging_mvcc_compact_revision",
                "Revision of the last compaction, -1 before the first.",
                () -> member.store().state().compactedRevision());
    }

    /// MET-21.
    private void bindLeases(LeaseService leases) {
        families.counter(
                "etcd_debugging_lease_granted_total",
                "Leases granted.",
                () -> leases.figures().granted());
        families.counter(
                "etcd_debugging_lease_renewed_total",
                "Renewals by this member.",
                () -> leases.figures().renewed());
        families.counter(
                "etcd_debugging_lease_revoked_total",
                "Leases revoked.",
                () -> leases.figures().revoked());
        families.counter(
                "etcd_debugging_server_lease_expired_total",
                "Leases that ran out.",
                () -> leases.figures().expired());
    }

    /// MET-22.
    private void bindAlarms(Member member) {
        families.family("etcd_debugging_server_alarms", "gauge", "1 for each alarm that is raised.", lines -> {
            for (Alarm alarm : member.machine().alarms().raised()) {
                lines.sample(
                        TextFamilies.labels(
                                "alarm_type", MemberHealth.name(alarm.type()), "server_id", id(alarm.memberId())),
                        1);
            }
        });
    }

    /// MET-08.
    private void bindHealth(HealthCounts health) {
        families.counter("etcd_server_health_success", "Times that /health answered 200.", health::successes);
        families.counter("etcd_server_health_failures", "Times that /health answered 503.", health::failures);
        families.family(
                "etcd_server_healthcheck",
                "gauge",
                "How each check went the last time.",
                lines -> health.last().forEach((check, passed) -> lines.sample(labels(check), truth(passed))));
        families.family(
                "etcd_server_healthchecks_total",
                "counter",
                "How often each check passed and failed.",
                lines -> health.ended()
                        .forEach((ended, count) -> lines.sample(
                                labels(ended.check()) + ",status=\"" + (ended.passed() ? "success" : "error") + "\"",
                                count)));
    }

    private static String labels(HealthCounts.Check check) {
        return TextFamilies.labels("name", check.name(), "type", check.type());
    }

    private void bindDisk(DiskSpace disk) {
        families.gauge(
                "metastore_disk_usable_bytes", "Bytes left on the file system of data-dir; -1: not known.", () -> {
                    try {
                        return disk.usable();
                    } catch (IOException unknown) {
                        return -1;
                    }
                });
        families.gauge("metastore_disk_size_bytes", "Size of the file system of data-dir.", disk::total);
        families.gauge(
                "metastore_disk_reserve_bytes",
                "Bytes held back: with less left, NOSPACE is raised and writes are refused; 0: never.",
                disk::reserve);
        families.gauge(
                "metastore_disk_reserve_file_bytes",
                "Size of the file that is deleted when the disk is full; 0: it is not there.",
                disk::held);
    }

    /// What a member without feature gates and without Go says truly: none, and why.
    private void bindWhatIsNot() {
        families.family(
                "etcd_server_feature_enabled",
                "gauge",
                "1 for each of etcd's feature gates that is on; there are no feature gates here, so none is.",
                lines -> {
                    for (String[] gate : FEATURE_GATES) {
                        lines.sample(TextFamilies.labels("name", gate[0], "stage", gate[1]), 0);
                    }
                });
        constant(
                "etcd_server_go_version",
                "1 for the version of Go that runs the server; its label says what runs it instead.",
                TextFamilies.labels(
                        "server_go_version", "none, Java " + Runtime.version().feature()));
    }

    /// Every engine of one kind has the same figures, in the same order.
    private void bindEngine(Member member) {
        List<EngineGauge> gauges = member.engine().gauges();
        for (int i = 0; i < gauges.size(); i++) {
            int figure = i;
            families.gauge(
                    "metastore_" + gauges.get(i).name(),
                    gauges.get(i).help(),
                    () -> member.engine().gauges().get(figure).value().getAsLong());
        }
    }

    private void constant(String name, String help, String labels) {
        families.family(name, "gauge", help, lines -> lines.sample(labels, 1));
    }

    private static double truth(boolean value) {
        return value ? 1 : 0;
    }

    private static String id(long id) {
        return Long.toHexString(id);
    }

    /// `3.7` of `3.7.3`.
    private static String minor(String version) {
        return version.substring(0, version.lastIndexOf('.'));
    }

    @Override
    public void close() {
        gc.close();
    }
}
