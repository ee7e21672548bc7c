package io.metastore.faults;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The faults that `src/test/faults/run` plants still fit the sources; running them all takes minutes and is
/// left to that script.
class PlantedFaultsTest {
    private static final Path CASES = Path.of("src", "test", "faults", "cases");

    @Test
    void everyFaultFitsTheSourcesAndNamesATest() throws IOException {
        List<FaultCase> cases = FaultCase.all(CASES);
        assertTrue(cases.size() >= 24, "faults: " + cases.size());
        for (FaultCase fault : cases) {
            assertDoesNotThrow(() -> Class.forName(fault.testClass()), fault.name());
            for (FaultCase.Edit edit : fault.edits()) {
                String before = Files.readString(Path.of(edit.file()));
                String after = assertDoesNotThrow(() -> edit.apply(before), fault.name());
                assertTrue(!after.equals(before), fault.name() + " changes nothing");
            }
        }
    }

    @Test
    void anEditFindsItsPlaceOnceOrSaysThatItCannot() {
        FaultCase.Edit edit = new FaultCase.Edit("A.java", List.of("b", "c"), List.of("x"));
        assertEquals("a\nx\nd\n", edit.apply("a\n  b\n  c\nd\n"));
        assertThrows(IllegalArgumentException.class, () -> edit.apply("a\nb\n"));
        assertThrows(IllegalArgumentException.class, () -> edit.apply("b\nc\nb\nc\n"));
    }

    @Test
    void aFileThatSaysTooLittleIsRefused(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(
                folder.resolve("some.fault"),
                "what: it\ntest: T#m\njava: -Da=1 -Db\n" + "file: A.java\n-a\n+b\n c\n\n-d\n");
        FaultCase fault = FaultCase.read(file);
        assertEquals(List.of("-Da=1", "-Db"), fault.java());
        assertEquals(
                List.of(
                        new FaultCase.Edit("A.java", List.of("a", "c"), List.of("b", "c")),
                        new FaultCase.Edit("A.java", List.of("d"), List.of())),
                fault.edits());
        Files.writeString(file, "what: it\nfile: A.java\n-a\n");
        assertThrows(IllegalArgumentException.class, () -> FaultCase.read(file));
        Files.writeString(file, "what: it\ntest: T\nfile: A.java\n+a\n");
        assertThrows(IllegalArgumentException.class, () -> FaultCase.read(file));
    }
}
