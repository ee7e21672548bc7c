package io.metastore.engine.rocksdb;

import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The file that says which table files make up a RocksDB database. RocksDB drops its end in silence when that
/// looks torn, and forgets the tables named there, see [RecordFile].
final class Manifest {
    private static final String TABLES_AND_LOGS = "\\d+\\.(sst|log)";

    private Manifest() {}

    /// Looks through the manifest of a database before it is opened.
    ///
    /// @param folder of the database
    /// @return false when there is no database yet
    /// @throws EngineFailure naming the file that is damaged, missing or cannot be read
    static boolean check(Path folder) {
        Path current = folder.resolve("CURRENT");
        try {
            if (Files.notExists(current)) {
                if (holdsData(folder)) {
                    throw damaged(current + " is missing");
                }
                return false;
            }
            String name = Files.readString(current, StandardCharsets.ISO_8859_1).strip();
            if (!name.matches("MANIFEST-\\d+") || Files.notExists(folder.resolve(name))) {
                throw damaged(current + " is damaged: it names no file of " + folder);
            }
            if (RecordFile.check(folder.resolve(name))
                    instanceof RecordFile.Finding.Damaged(long offset, String what)) {
                throw damaged(folder.resolve(name) + " is damaged at byte " + offset + ": " + what);
            }
            return true;
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the database in " + folder + " cannot be read", failure);
        }
    }

    /// A first start may have ended before it had made more than empty files.
    private static boolean holdsData(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                if (file.getFileName().toString().matches(TABLES_AND_LOGS) && Files.size(file) > 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private static EngineFailure damaged(String what) {
        return new EngineFailure(EngineFailure.Kind.DAMAGED, what, null);
    }
}
