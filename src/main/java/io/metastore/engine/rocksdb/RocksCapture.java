package io.metastore.engine.rocksdb;

import io.metastore.engine.Capture;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// A checkpoint of the database, links to its files, in a folder beside it until it is moved to where it is wanted.
final class RocksCapture implements Capture {
    private final Path folder;

    /// @param folder with the checkpoint, taken over
    RocksCapture(Path folder) {
        this.folder = folder;
    }

    /// Where the database in `database` is captured.
    static Path folderBeside(Path database) {
        return database.resolveSibling(database.getFileName() + ".capture");
    }

    /// Files are moved one by one: `target` may lie on another file system, where each is copied.
    @Override
    public void writeTo(Path target) {
        try {
            Files.createDirectory(target);
            for (Path file : filesIn(folder)) {
                Files.move(file, target.resolve(file.getFileName()));
            }
        } catch (IOException failure) {
            throw EngineFailure.ofWriting("moving the copy of the state database to " + target + " failed", failure);
        }
    }

    @Override
    public void close() {
        try {
            delete(folder);
        } catch (IOException failure) {
            throw new UncheckedIOException(
                    "the copy of the state database in " + folder + " cannot be deleted", failure);
        }
    }

    /// Deletes a folder of files, if it is there.
    static void delete(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            for (Path file : filesIn(folder)) {
                Files.delete(file);
            }
            Files.delete(folder);
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
