package io.metastore.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class OwnCommandTest {
    @Test
    void javaAsTheLauncherStartedIt() {
        assertEquals(
                List.of("/jdk/bin/java", "-Xmx1g", "-XX:OnOutOfMemoryError=(sleep 5 && kill %p) &", "-jar", "a b.jar"),
                OwnCommand.upTo(
                        "local-cluster",
                        List.of(
                                "java",
                                "-Xmx1g",
                                "-XX:OnOutOfMemoryError=(sleep 5 && kill %p) &",
                                "-jar",
                                "a b.jar",
                                "local-cluster",
                                "--data-dir",
                                "local-cluster",
                                ""),
                        "/jdk/bin/java"));
    }

    /// Typed by its name alone, or below a folder that the members need not be in.
    @Test
    void aNativeExecutableByItsPath() {
        assertEquals(
                List.of("/usr/bin/metastore"),
                OwnCommand.upTo("local-cluster", List.of("metastore", "local-cluster"), "/usr/bin/metastore"));
        assertEquals(
                List.of("./metastore"),
                OwnCommand.upTo("local-cluster", List.of("./metastore", "local-cluster", "--members", "1"), ""));
    }

    /// This process was not started with that word, but with many others.
    @Test
    void aCommandLineWithoutTheWordIsShown() {
        LocalFailure failure = assertThrows(LocalFailure.class, () -> OwnCommand.upTo("no such word"));
        assertTrue(failure.getMessage().contains("java"), failure.getMessage());
        assertThrows(LocalFailure.class, () -> OwnCommand.upTo("a", List.of(), ""));
        assertThrows(LocalFailure.class, () -> OwnCommand.upTo("a", List.of("a"), ""));
    }
}
