package io.metastore.engine;

import java.nio.file.Path;

/// Ordered bytes on disk: several tables, written atomically, read through snapshots.
///
/// Writes come from one thread at a time per batch and may be concurrent between batches. A write is visible
/// to later snapshots when [#write] returns; it is durable only once a [#checkpoint] or [#flush] returned,
/// since the raft log is what makes it durable. A write or a flush that finds the disk full waits for room. Any
/// other I/O error is an [EngineFailure]: the state is then unknown and the member must stop.
public interface Engine extends AutoCloseable {
    WriteBatch newBatch();

    void write(WriteBatch batch);

    Snapshot snapshot();

    /// Makes everything written so far durable.
    void flush();

    /// A complete, openable copy at `target`, which must not exist and must be on the same file system.
    void checkpoint(Path target);

    /// Merges table files until what was deleted is gone from them, step by step.
    ///
    /// @param between run after each step, on this thread
    /// @throws EngineFailure of kind NO_SPACE when a step found no room: it may be tried again
    void compact(Runnable between);

    /// Bytes taken on disk and in write buffers.
    long allocatedBytes();

    /// Estimate of the bytes that live data takes, never more than [#allocatedBytes].
    long liveBytes();

    /// A number that the engine knows under `name`, for metrics; -1 when it does not.
    long property(String name);

    @Override
    void close();
}
