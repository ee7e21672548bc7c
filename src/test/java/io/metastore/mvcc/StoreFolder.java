package io.metastore.mvcc;

import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The folder of a state database that can lose what was not flushed: a copy of its files as they lie on disk
/// is what a crash would leave.
public final class StoreFolder implements AutoCloseable {
    private final Path parent;
    private final EngineKind kind;
    private int generation;
    private Path current;
    private Engine engine;

    public StoreFolder(Path parent) {
        this(parent, EngineKind.ROCKSDB);
    }

    public StoreFolder(Path parent, EngineKind kind) {
        this.parent = parent;
        this.kind = kind;
        parent.toFile().mkdirs();
        current = parent.resolve("state-0");
    }

    public Engine open() {
        engine = kind.open(current);
        return engine;
    }

    public Engine engine() {
        return engine;
    }

    public void reopen() {
        engine.close();
    }

    /// Copies the files until none changed meanwhile.
    public Path copyUnflushed() throws IOException {
        Path copy = parent.resolve("state-" + ++generation);
        for (int attempt = 0; attempt < 1000; attempt++) {
            delete(copy);
            Files.createDirectories(copy);
            try {
                Map<Path, Long> before = sizes();
                for (Path file : before.keySet()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
                if (before.equals(sizes())) {
                    return copy;
                }
            } catch (NoSuchFileException _) {
                // A file was dropped by the background compaction: once more.
            }
        }
        throw new IOException("the files of " + current + " never stood still");
    }

    private Map<Path, Long> sizes() throws IOException {
        Map<Path, Long> sizes = new TreeMap<>();
        if (!Files.exists(current)) {
            return sizes; // nothing was flushed
        }
        try (Stream<Path> files = Files.list(current)) {
            for (Path file : files.toList()) {
                if (!file.getFileName().toString().startsWith("LOG")) {
                    sizes.put(file, Files.size(file));
                }
            }
        }
        return sizes;
    }

    /// Goes on with `copy` instead of what is open now.
    public void abandonFor(Path copy) throws IOException {
        engine.close();
        delete(current);
        current = copy;
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(java.util.Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }

    @Override
    public void close() {
        engine.close();
        try {
            delete(current);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
