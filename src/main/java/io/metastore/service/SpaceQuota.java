package io.metastore.service;

import io.metastore.engine.Engine;
import java.util.OptionalLong;
import java.util.function.Supplier;

/// Whether there is room for a write (ALM-01). The size of the database is sampled; in between, what was let
/// through is counted on top.
public final class SpaceQuota {
    private static final long SAMPLE_NANOS = 100_000_000;
    private static final long SAMPLE_BYTES = 256 << 10;

    private final Supplier<Engine> engine;
    private final OptionalLong limit;
    private long sampled;
    private long sampledNanos;
    private long since;

    /// @param limit bytes; empty for no quota (ALM-06)
    public SpaceQuota(Supplier<Engine> engine, OptionalLong limit) {
        this.engine = engine;
        this.limit = limit;
        this.sampled = engine.get().allocatedBytes();
        this.sampledNanos = System.nanoTime();
    }

    /// Whether a write of `cost` bytes stays below the quota.
    public boolean hasRoomFor(long cost) {
        return cost == 0 || limit.isEmpty() || usedWith(cost) < limit.getAsLong();
    }

    private synchronized long usedWith(long cost) {
        long now = System.nanoTime();
        if (now - sampledNanos > SAMPLE_NANOS || since > SAMPLE_BYTES) {
            sampled = engine.get().allocatedBytes();
            sampledNanos = now;
            since = 0;
        }
        since += cost;
        return sampled + since;
    }
}
