package io.metastore.faults;

import java.io.IOException;
import java.nio.file.Path;

/// A copy of the packaged program with a fault in it, for a test of what a member does then.
public final class PlantedProgram {
    private PlantedProgram() {}

    /// The folder of the program with the fault of that name, for `-Dmetastore.home`.
    ///
    /// @param scratch where the copy is made, on the file system of the project: what does not change is linked
    public static Path home(String fault, Path scratch) throws IOException {
        Path project = Path.of("").toAbsolutePath();
        FaultCase found = FaultCase.read(project.resolve("src/test/faults/cases/" + fault + FaultCase.ENDING));
        String libraries = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return new FaultTree(project, libraries, scratch).planted(found).home();
    }
}
