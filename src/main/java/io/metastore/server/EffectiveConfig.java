package io.metastore.server;

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
        return interval.isZero() ? Duration.ofMinutes(10) : interval;
    }

    /// Revisions removed in one step of background collection (CMP-07).
    public int compactionBatchLimit() {
        int limit = keys.compaction().compactionBatchLimit();
        return limit == 0 ? 1000 : limit;
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
        return (int) Math.min(Integer.MAX_VALUE, keys.limits().maxConcurrentStreams());
    }

    /// Largest gRPC message accepted, in bytes (GEN-04).
    public int maxMessageBytes() {
        return (int) Math.min(Integer.MAX_VALUE, keys.limits().maxRequestBytes() + (512 << 10));
    }
}
