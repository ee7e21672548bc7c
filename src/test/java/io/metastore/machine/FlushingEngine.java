package io.metastore.machine;

import io.metastore.engine.Engine;
import io.metastore.engine.Snapshot;
import io.metastore.engine.WriteBatch;
import java.nio.file.Path;

/// An engine that makes every few writes durable, so that a crash finds states in the middle of long entries too.
final class FlushingEngine implements Engine {
    private final Engine engine;
    private final int every;
    private int writes;

    FlushingEngine(Engine engine, int every) {
        this.engine = engine;
        this.every = every;
    }

    @Override
    public synchronized void write(WriteBatch batch) {
        engine.write(batch);
        if (++writes % every == 0) {
            engine.flush();
        }
    }

    @Override
    public WriteBatch newBatch() {
        return engine.newBatch();
    }

    @Override
    public Snapshot snapshot() {
        return engine.snapshot();
    }

    @Override
    public void flush() {
        engine.flush();
    }

    @Override
    public void checkpoint(Path target) {
        engine.checkpoint(target);
    }

    @Override
    public void compact(Runnable between) {
        engine.compact(between);
    }

    @Override
    public long allocatedBytes() {
        return engine.allocatedBytes();
    }

    @Override
    public long liveBytes() {
        return engine.liveBytes();
    }

    @Override
    public long property(String name) {
        return engine.property(name);
    }

    @Override
    public void close() {
        engine.close();
    }
}
