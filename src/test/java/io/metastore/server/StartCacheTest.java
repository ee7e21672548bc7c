package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class StartCacheTest {
    @Test
    void oneLineOnlyWhereACacheWasGivenAndNotTaken() {
        assertEquals(Optional.empty(), StartCache.leftOut(null, "mixed mode"));
        assertEquals(Optional.empty(), StartCache.leftOut("metastore.aot", "mixed mode, sharing"));
        String line = StartCache.leftOut("metastore.aot", "mixed mode").orElseThrow();
        assertTrue(line.contains("metastore.aot") && line.contains("METASTORE_JAVA_OPTS"), line);
        assertEquals(1, line.lines().count());
    }
}
