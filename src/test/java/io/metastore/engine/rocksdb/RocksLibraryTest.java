package io.metastore.engine.rocksdb;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.rocksdb.RocksDB;

class RocksLibraryTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    @DisabledIfEnvironmentVariable(named = "ROCKSDB_SHAREDLIB_DIR", matches = ".+")
    void leavesNoFileBehindWhenTheProcessIsKilled() throws IOException {
        RocksLibrary.load();
        assertTrue(RocksDB.rocksdbVersion().getMajor() > 0, "the library answers");

        List<String> mapped = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains("librocksdbjni"))
                .toList();
        assertFalse(mapped.isEmpty(), "the library is in use");
        mapped.forEach(line -> assertTrue(line.endsWith(" (deleted)"), line));
    }
}
