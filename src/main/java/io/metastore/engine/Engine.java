package io.metastore.engine;

import java.util.List;
import java.util.concurrent.Executor;

/// Ordered bytes: several tables, written atomically, read through snapshots.
///
/// Batches are built by any thread and written one at a time: [#write] calls of several threads are put in an order by
/// the engine. A write is visible to later snapshots when [#write] returns, all tables of it at once. It is durable
/// only once a [#flush] returned, if the engine [#isDurable], or a [Capture] of it or a later state is written: the
/// raft
/// log is what makes it durable. A write or a flush that finds the disk full waits for room. Any other I/O error is an
/// [EngineFailure]: the state is then unknown and the member must stop.
///
/// Arrays that go into a batch belong to the engine from then on, arrays that come out are shared with it and with
/// other readers: neither is ever written to again.
public interface Engine extends AutoCloseable {
    WriteBatch newBatch();

    /// Writes all of `batch` or, when it throws, nothing; the batch takes no more rows.
    void write(WriteBatch batch);

    /// The state after the newest write, in constant time. Any thread.
    Snapshot snapshot();

    /// Holds the state after the newest write, for [Capture#writeTo]. Called by the thread that applies, which writes
    /// nothing meanwhile: takes constant time, or of RocksDB as long as a flush of its write buffers.
    ///
    /// @throws EngineFailure of kind NO_SPACE when the disk is full: nothing has changed then
    Capture capture();

    /// Fills this engine, which is empty, with `rows`. Called once, before anything else; what it leaves when it throws
    /// must not be used.
    void restore(RowSource rows);

    /// Whether what was written and flushed is there when the engine is opened again. Else a start begins with the
    /// newest snapshot of the log.
    boolean isDurable();

    /// Makes everything written so far durable; of an engine that is not durable, nothing.
    void flush();

    /// Merges table files until what was deleted is gone from them, step by step.
    ///
    /// @param between run after each step, on this thread
    /// @throws EngineFailure of kind NO_SPACE when a step found no room: it may be tried again
    void compact(Runnable between);

    /// Bytes taken: on disk and in write buffers, or in memory.
    long allocatedBytes();

    /// Estimate of the bytes that live data takes, never more than [#allocatedBytes].
    long liveBytes();

    /// What this kind of engine tells of itself.
    List<EngineGauge> gauges();

    /// Ends an engine whose state another has replaced, once the last snapshot of it and whatever else reads it are
    /// done, and deletes its files. Called once, instead of [#close], by the thread that writes. No snapshot can be
    /// taken any more; sizes are 0 from then on.
    ///
    /// @param closing runs what may take long, from whichever thread was the last to read
    void retire(Executor closing);

    /// Ends the engine, flushed if it is durable. Snapshots must have been closed before.
    @Override
    void close();
}
