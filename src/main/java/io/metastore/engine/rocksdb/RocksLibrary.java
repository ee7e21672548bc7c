package io.metastore.engine.rocksdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;

/// RocksDB's own code, which the program carries within itself and unpacks when it starts.
///
/// RocksDB would leave the unpacked file behind whenever the process is killed: 15 MB in the folder for temporary
/// files for each life of a member. Here the file goes as soon as it is loaded; its code stays in memory.
final class RocksLibrary {
    /// A folder in which RocksDB keeps the file for good, when somebody set it.
    private static final String KEPT_IN = "ROCKSDB_SHAREDLIB_DIR";

    private RocksLibrary() {}

    static void load() {
        if (System.getenv(KEPT_IN) == null) {
            try {
                loadAndForget();
            } catch (IOException e) {
                throw new UncheckedIOException("RocksDB's library cannot be unpacked", e);
            }
        }
        RocksDB.loadLibrary();
    }

    private static void loadAndForget() throws IOException {
        Path folder = Files.createTempDirectory("metastore-rocksdb-");
        try {
            NativeLibraryLoader.getInstance().loadLibrary(folder.toString());
        } finally {
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
