package io.metastore.machine;

import io.metastore.engine.Capture;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineGauge;
import io.metastore.engine.RowSource;
import io.metastore.engine.Snapshot;
import io.metastore.engine.WriteBatch;
import java.util.List;

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
    public void close() {
        engine.close();
    }
}
