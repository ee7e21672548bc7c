package io.metastore.engine;

import java.util.List;

/// Hands everything on to another engine, for tests that change one thing of it.
public abstract class ForwardingEngine implements Engine {
    protected final Engine engine;

    protected ForwardingEngine(Engine engine) {
        this.engine = engine;
    }

    @Override
    public WriteBatch newBatch() {
        return engine.newBatch();
    }

    @Override
    public void write(WriteBatch batch) {
        engine.write(batch);
    }

    @Override
    public Snapshot snapshot() {
        return engine.snapshot();
    }

    @Override
    public Capture capture() {
        return engine.capture();
    }

    @Override
    public void restore(RowSource rows) {
        engine.restore(rows);
    }

    @Override
    public boolean isDurable() {
        return engine.isDurable();
    }

    @Override
    public void flush() {
        engine.flush();
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
    public List<EngineGauge> gauges() {
        return engine.gauges();
    }

    @Override
    public void retire(java.util.concurrent.Executor closing) {
        engine.retire(closing);
    }

    @Override
    public void close() {
        engine.close();
    }
}
