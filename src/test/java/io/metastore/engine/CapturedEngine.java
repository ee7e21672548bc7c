package io.metastore.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Keeps an engine that is not durable in a folder, as the snapshots of the raft log do: a flush writes a capture, and
/// the engine begins with what the last one wrote.
final class CapturedEngine extends ForwardingEngine {
    private final Path folder;

    CapturedEngine(Engine engine, Path folder) {
        super(engine);
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
    public boolean isDurable() {
        return true;
    }

    @Override
    public void close() {
        flush();
        engine.close();
    }
}
