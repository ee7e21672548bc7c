package io.metastore.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Keeps an engine that is not durable in a folder, as the snapshots of the raft log do: a flush writes a capture, and
/// the engine begins with what the last one wrote.
final class CapturedEngine implements Engine {
    private final Engine engine;
    private final Path folder;

    CapturedEngine(Engine engine, Path folder) {
        this.engine = engine;
        this.folder = folder;
        if (RowStream.isIn(folder)) {
            try (RowSource rows = new RowStream(folder)) {
                engine.restore(rows);
            }
        }
    }

    @Override
    public synchronized void flush() {
        Path next = folder.resolveSibling(folder.getFileName() + ".next");
        try (Capture capture = engine.capture()) {
            capture.writeTo(next);
            delete(folder);
            Files.move(next, folder);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
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
        return true;
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
        flush();
        engine.close();
    }
}
