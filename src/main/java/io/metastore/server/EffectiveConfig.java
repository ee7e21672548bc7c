package io.metastore.server;

import io.metastore.consensus.BatchLimits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// What follows from a {@link ServerConfig}: values that depend on several keys, and the defaults that etcd
/// lets people ask for by writing zero.
public record EffectiveConfig(ServerConfig keys) {
    /// Half of what one write to the raft log holds, so that the largest request fits it with what is around it.
    static final long REQUEST_MAX = 512L << 20;

    static final int STEP_MAX = 1_000_000;
    private static final long QUOTA_STANDARD = 2L << 30;

    /// Folder of this member's state, absolute.
    public Path dataDir() {
        return Path.of(keys.member().dataDir()).toAbsolutePath().normalize();
    }

    public InitialCluster initialCluster() {
        return keys.cluster().initialCluster().map(InitialCluster::parse).orElseGet(() -> {
            Map<String, List<URI>> alone = new LinkedHashMap<>();
            alone.put(keys.member().name(), keys.cluster().initialAdvertisePeerUrls());
            return new InitialCluster(alone);
        });
    }

    /// When batches of writes are closed, and how many may be under way.
    BatchLimits batchLimits() {
        ServerConfig.Batch batch = keys.batch();
        return new BatchLimits(
                batch.enabled(),
                batch.commands(),
                batch.bytes(),
                batch.time(),
                batch.inflightEntries(),
                batch.inflightBytes());
    }

    /// Bytes of state at which writes are refused; empty: never (ALM-06).
    public OptionalLong quotaBytes() {
        long quota = keys.limits().quotaBackendBytes();
        return quota < 0 ? OptionalLong.empty() : OptionalLong.of(quota == 0 ? QUOTA_STANDARD : quota);
    }

    /// Commands after which a snapshot is taken; empty: only the bytes of log count.
    public OptionalLong snapshotCount() {
        long count = keys.member().snapshotCount();
        return count == 0 ? OptionalLong.empty() : OptionalLong.of(count);
    }

    /// Time between progress notices to quiet watchers (WAT-29).
    public Duration watchProgressNotifyInterval() {
        Duration interval = keys.limits().watchProgressNotifyInterval();
        return interval.isPositive() ? interval : Duration.ofMinutes(10);
    }

    /// Shortest time allowed between two pings of a client.
    public Duration grpcKeepaliveMinTime() {
        return notNegative(keys.limits().grpcKeepaliveMinTime());
    }

    /// Time without traffic after which a client is pinged; zero: never.
    public Duration grpcKeepaliveInterval() {
        return notNegative(keys.limits().grpcKeepaliveInterval());
    }

    /// Time that a pinged client has to answer. Taken at its word, a time of zero would cut healthy clients; etcd
    /// falls back to its standard, too.
    public Duration grpcKeepaliveTimeout() {
        Duration wait = keys.limits().grpcKeepaliveTimeout();
        return wait.isPositive() ? wait : Duration.ofSeconds(20);
    }

    private static Duration notNegative(Duration time) {
        return time.isNegative() ? Duration.ZERO : time;
    }

    /// Revisions removed in one step of background collection (CMP-07).
    public int compactionBatchLimit() {
        long limit = keys.compaction().compactionBatchLimit();
        return limit == 0 ? 1000 : limit < 0 ? STEP_MAX : (int) Math.min(STEP_MAX, limit);
    }

    /// Pause between two steps of background collection.
    public Duration compactionSleepInterval() {
        Duration pause = keys.compaction().compactionSleepInterval();
        return pause.isZero() ? Duration.ofMillis(10) : notNegative(pause);
    }

    public Retention retention() {
        return Retention.parse(
                keys.compaction().autoCompactionMode(), keys.compaction().autoCompactionRetention());
    }

    public int readThreads() {
        int threads = keys.read().threads();
        return threads == 0 ? Math.max(2, Runtime.getRuntime().availableProcessors()) : threads;
    }

    public long readResponseBudgetBytes() {
        long budget = keys.read().responseBudgetBytes();
        return budget == 0 ? Runtime.getRuntime().maxMemory() / 4 : budget;
    }

    /// Calls at once on one connection, as a transport with 31-bit settings takes it.
    public int maxConcurrentStreams() {
        long limit = keys.limits().maxConcurrentStreams();
        return limit == 0 ? Integer.MAX_VALUE : (int) Math.min(Integer.MAX_VALUE, limit);
    }

    /// Most operations in one branch of a transaction: no message holds more than an int can count.
    public int maxTxnOps() {
        return (int) Math.min(Integer.MAX_VALUE, keys.limits().maxTxnOps());
    }

    /// Largest write accepted, in bytes.
    public long maxRequestBytes() {
        return Math.min(REQUEST_MAX, keys.limits().maxRequestBytes());
    }

    /// Bytes of writes that are accepted and not yet applied: at least one of the largest.
    public long queueBytes() {
        return Math.max(keys.queue().bytes(), maxRequestBytes());
    }

    /// Largest gRPC message accepted, in bytes (GEN-04).
    public int maxMessageBytes() {
        return (int) Math.min(Integer.MAX_VALUE, maxRequestBytes() + (512 << 10));
    }

    /// How long a proposal may take (GEN-21).
    Duration requestLimit() {
        return Duration.ofSeconds(5).plus(keys.member().electionTimeout().multipliedBy(2));
    }
}
