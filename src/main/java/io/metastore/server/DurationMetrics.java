package io.metastore.server;

import io.metastore.consensus.jraft.DiskMetrics;
import io.metastore.machine.ApplyMetrics;
import io.metastore.machine.CommandType;
import io.metastore.measure.Outcomes;
import io.metastore.service.CompactionMetrics;
import io.metastore.service.RequestMetrics;

/// How long things take, and what is counted beside it, under etcd's names and with etcd's buckets, for what
/// exists by now.
final class DurationMetrics {
    private final TextFamilies families;

    DurationMetrics(TextFamilies families) {
        this.families = families;
    }

    void bind(Member member) {
        bindRequests(member.requests(), member.applying());
        bindBarrier(member);
        bindDisk(member.consensus().disk(), member.applying());
        bindCompaction(member.compaction());
        families.histogram(
                "etcd_debugging_lease_ttl_total",
                "Times to live of the leases granted, in seconds.",
                member.leases().grantedSeconds());
    }

    /// MET-04, MET-05, MET-14.
    private void bindRequests(RequestMetrics requests, ApplyMetrics applying) {
        families.family(
                "etcd_server_apply_duration_seconds",
                "histogram",
                "Time to apply a command, without its share of writing the chunk to the engine.",
                lines -> {
                    for (CommandType type : CommandType.values()) {
                        samples(lines, "version=\"v3\",op=\"" + type.etcdName() + "\"", applying.times(type));
                    }
                });
        families.counter(
                "etcd_server_slow_apply_total",
                "Commands applied and ranges read that took more than 100 ms.",
                () -> applying.slow() + requests.slowRanges());
        families.family(
                "etcd_server_range_duration_seconds",
                "histogram",
                "Time to read a range, without waiting for what was agreed before it.",
                lines -> samples(lines, "", requests.ranges()));
        families.family(
                "etcd_server_request_duration_seconds",
                "histogram",
                "Time that requests take in this member; refusals of what went through the log count as success.",
                lines -> requests.requests().forEach((type, times) -> samples(lines, "type=\"" + type + "\"", times)));
        families.histogram(
                "etcd_mvcc_hash_rev_duration_seconds", "Time to hash the history up to a revision.", requests.hashes());
        families.histogram(
                "etcd_mvcc_hash_duration_seconds", "Time to hash all that is stored.", requests.stateHashes());
    }

    /// As in etcd, a series begins with its first value.
    private static void samples(TextFamilies.Lines lines, String labels, Outcomes times) {
        String before = labels.isEmpty() ? "" : labels + ",";
        if (times.failure().count() > 0) {
            lines.histogram(before + "success=\"false\"", times.failure());
        }
        if (times.success().count() > 0) {
            lines.histogram(before + "success=\"true\"", times.success());
        }
    }

    /// MET-04.
    private void bindBarrier(Member member) {
        families.counter(
                "etcd_server_slow_read_indexes_total",
                "Rounds of agreement on what reads must see that did not end in time.",
                () -> member.barrier().late());
        families.counter(
                "etcd_server_read_indexes_failed_total",
                "Rounds of agreement on what reads must see that failed.",
                () -> member.barrier().failed());
    }

    /// MET-09 to MET-11, MET-19.
    private void bindDisk(DiskMetrics disk, ApplyMetrics applying) {
        families.histogram(
                "etcd_disk_wal_fsync_duration_seconds",
                "Time to write entries to the raft log and to sync it: both are one call.",
                disk.appends());
        families.gauge(
                "etcd_disk_wal_write_bytes_total", "Bytes of entries written to the raft log.", disk::appendedBytes);
        families.histogram(
                "etcd_disk_backend_commit_duration_seconds",
                "Time to write a chunk of applied commands to the engine, which is not synced, and to publish it.",
                applying.commits());
        families.histogram(
                "etcd_snap_db_save_total_duration_seconds",
                "Time to save the database for a raft snapshot; commands wait meanwhile.",
                disk.checkpoints());
        families.histogram(
                "etcd_debugging_snap_save_total_duration_seconds",
                "Time from asking for a raft snapshot until it is in its place.",
                disk.snapshots());
    }

    /// MET-11, MET-20.
    private void bindCompaction(CompactionMetrics compaction) {
        families.counter(
                "etcd_debugging_mvcc_db_compaction_keys_total",
                "Versions and tombstones removed because of compactions.",
                compaction::removed);
        families.gauge(
                "etcd_debugging_mvcc_db_compaction_last",
                "When what a compaction left behind was last gone, in seconds since 1970.",
                compaction::lastSeconds);
        families.histogram(
                "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds",
                "Time of one step of removing what compactions left behind; nothing waits for it.",
                compaction.steps());
        families.histogram(
                "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds",
                "Time to remove what compactions left behind, rests between the steps included.",
                compaction.walks());
        families.gauge(
                "etcd_disk_defrag_inflight",
                "Whether the tables are being merged as a whole, because of Defragment or a full disk.",
                () -> compaction.isMerging() ? 1 : 0);
        families.histogram(
                "etcd_disk_backend_defrag_duration_seconds",
                "Time to merge the tables as a whole; nothing waits for it but Defragment.",
                compaction.merges());
    }
}
