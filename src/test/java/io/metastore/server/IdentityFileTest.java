package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.cluster.Identity;
import io.metastore.consensus.jraft.CheckedText;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A data directory is one member's, and of one format.
class IdentityFileTest {
    private static final Identity SELF = new Identity(0xcabfa7b72d326322L, 0x903b61f99025dc3fL);

    @TempDir
    private Path folder;

    private DataDirectory directory;
    private Path file;

    @BeforeEach
    void open() {
        directory = DataDirectory.open(folder);
        file = folder.resolve("member").resolve("identity");
    }

    @AfterEach
    void close() throws IOException {
        directory.close();
    }

    @Test
    void anEmptyDirectoryIsMarkedOnce() throws IOException {
        assertEquals(Optional.empty(), IdentityFile.find(directory));
        IdentityFile.Owner marked = IdentityFile.mark(directory, SELF, false);
        assertEquals(1, marked.incarnation().number());
        assertNotEquals(0, marked.incarnation().directory());
        assertEquals(
                "format 7\ncluster cabfa7b72d326322\nmember 903b61f99025dc3f\nincarnation 1\ndirectory "
                        + Long.toHexString(marked.incarnation().directory()) + "\n",
                CheckedText.read(file));
        assertEquals(Optional.of(marked), IdentityFile.find(directory));
    }

    @Test
    void tellsWhoJoined() {
        IdentityFile.Owner marked = IdentityFile.mark(directory, SELF, true);
        assertTrue(marked.joined());
        assertEquals(Optional.of(marked), IdentityFile.find(directory));
    }

    /// 2 is that of rows with numbers of eight bytes, 8 that of a later program.
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 6, 8, 30})
    void anotherFormatIsRefused(int format) throws IOException {
        CheckedText.write(
                file, "format " + format + "\ncluster cabfa7b72d326322\nmember 903b61f99025dc3f\nincarnation 1\n");
        refused("has format " + format + ", this program knows format 7; use the version of the program that wrote it");
    }

    /// What a version before this file leaves.
    @Test
    void dataWithoutTheFileIsRefused() throws IOException {
        Files.writeString(folder.resolve("member/state/CURRENT"), "MANIFEST-000001\n");
        refused("its files are of format 1");
        assertTrue(Files.notExists(file));
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        IdentityFile.mark(directory, SELF, false);
        byte[] bytes = Files.readAllBytes(file);
        for (int bit = 0; bit < 8 * bytes.length; bit++) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            EngineFailure failure = assertThrows(EngineFailure.class, () -> IdentityFile.find(directory), "bit " + bit);
            assertEquals(EngineFailure.Kind.DAMAGED, failure.kind());
            assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
        }
    }

    private void refused(String says) {
        StartFailure failure = assertThrows(StartFailure.class, () -> IdentityFile.find(directory));
        assertEquals(ExitStatus.FOREIGN, failure.status());
        assertTrue(failure.getMessage().contains(says), failure.getMessage());
    }
}
