package io.metastore.machine;

import io.metastore.engine.Engine;
import io.metastore.engine.ForwardingEngine;
import io.metastore.engine.WriteBatch;

/// An engine that makes every few writes durable, so that a crash finds states in the middle of long entries too.
final class FlushingEngine extends ForwardingEngine {
    private final int every;
    private int writes;

    FlushingEngine(Engine engine, int every) {
        super(engine);
        this.every = every;
    }

    @Override
    public synchronized void write(WriteBatch batch) {
        engine.write(batch);
        if (++writes % every == 0) {
            engine.flush();
        }
    }
}
