package io.metastore.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Holds the files of one benchmark and deletes them at its end. They lie below `target`, since folders for
/// temporary files are in memory on some systems, where a sync costs nothing.
public final class MeasuredFolder implements AutoCloseable {
    private final Path path;

    private MeasuredFolder(Path path) {
        this.path = path;
    }

    /// Makes an empty folder below `-Dbenchmark.folder`, `target` without it.
    public static MeasuredFolder fresh() throws IOException {
        Path parent = Files.createDirectories(Path.of(System.getProperty("benchmark.folder", "target")));
        return new MeasuredFolder(Files.createTempDirectory(parent, "benchmark-"));
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(path)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }
}
