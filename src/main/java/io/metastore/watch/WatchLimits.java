package io.metastore.watch;

import java.time.Duration;

/// What watching may cost. All sizes in bytes, all at least 1.
///
/// @param streamBytes      responses that wait for one stream's client; beyond it the stream's watchers read
///     history
/// @param totalBytes       the same for all streams together
/// @param queueBytes       events handed over by the apply thread and not yet spread to the streams
/// @param recentBytes      events kept after they were spread, for watchers that start a little in the past
/// @param recentEvents     the same in events
/// @param batchRevisions   distinct revisions in one catch-up response (WAT-23)
/// @param batchBytes       size at which a catch-up response is closed, after the revision that reaches it
/// @param revisionBytes    events of one revision that one watcher may be sent at once. Beyond it a watcher that takes
///     fragments gets them in several parts, and any other is cancelled: a revision is never told in part
/// @param scanEvents       events read from history before the next watcher has its turn
/// @param scanBytes        the same in bytes
/// @param progressInterval time between two periodic progress messages (WAT-29), before jitter
/// @param streamWatchers   watchers that one stream may have at once
public record WatchLimits(
        long streamBytes,
        long totalBytes,
        long queueBytes,
        long recentBytes,
        int recentEvents,
        int batchRevisions,
        long batchBytes,
        long revisionBytes,
        int scanEvents,
        long scanBytes,
        Duration progressInterval,
        int streamWatchers) {

    /// The shortest interval between progress messages that etcd accepts (WAT-29).
    public static final Duration SHORTEST_PROGRESS_INTERVAL = Duration.ofMillis(100);

    private static final long MIB = 1 << 20;

    public WatchLimits {
        if (streamBytes < 1
                || totalBytes < 1
                || queueBytes < 1
                || recentBytes < 1
                || recentEvents < 1
                || batchRevisions < 1
                || batchBytes < 1
                || revisionBytes < 1
                || scanEvents < 1
                || scanBytes < 1
                || streamWatchers < 1) {
            throw new IllegalArgumentException("every watch limit is at least 1");
        }
        if (progressInterval.compareTo(SHORTEST_PROGRESS_INTERVAL) < 0) {
            throw new IllegalArgumentException("the progress interval is at least 100 ms, not " + progressInterval);
        }
    }

    /// 1 MiB a stream, 64 MiB for all streams, 32 MiB between apply and the streams, 4 MiB of recent events,
    /// catch-up in responses of 1,000 revisions or 1 MiB, a twenty-fourth of the heap but 4 to 64 MiB for one
    /// revision, progress every ten minutes, 100,000 watchers for one stream.
    public static WatchLimits defaults() {
        // On their way to a client events take about six times what they are counted with.
        long revisionBytes = Math.clamp(Runtime.getRuntime().maxMemory() / 24, 4 * MIB, 64 * MIB);
        return new WatchLimits(
                MIB,
                64 * MIB,
                32 * MIB,
                4 * MIB,
                4096,
                1000,
                MIB,
                revisionBytes,
                10_000,
                8 * MIB,
                Duration.ofMinutes(10),
                100_000);
    }

    public WatchLimits withProgressInterval(Duration interval) {
        return new WatchLimits(
                streamBytes,
                totalBytes,
                queueBytes,
                recentBytes,
                recentEvents,
                batchRevisions,
                batchBytes,
                revisionBytes,
                scanEvents,
                scanBytes,
                interval,
                streamWatchers);
    }

    public WatchLimits withStreamBytes(long bytes) {
        return new WatchLimits(
                bytes,
                totalBytes,
                queueBytes,
                recentBytes,
                recentEvents,
                batchRevisions,
                batchBytes,
                revisionBytes,
                scanEvents,
                scanBytes,
                progressInterval,
                streamWatchers);
    }

    public WatchLimits withTotalBytes(long bytes) {
        return new WatchLimits(
                streamBytes,
                bytes,
                queueBytes,
                recentBytes,
                recentEvents,
                batchRevisions,
                batchBytes,
                revisionBytes,
                scanEvents,
                scanBytes,
                progressInterval,
                streamWatchers);
    }

    public WatchLimits withStreamWatchers(int watchers) {
        return new WatchLimits(
                streamBytes,
                totalBytes,
                queueBytes,
                recentBytes,
                recentEvents,
                batchRevisions,
                batchBytes,
                revisionBytes,
                scanEvents,
                scanBytes,
                progressInterval,
                watchers);
    }
}
