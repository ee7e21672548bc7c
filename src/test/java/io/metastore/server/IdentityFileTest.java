package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.cluster.Identity;
import io.metastore.cluster.Incarnation;
import io.metastore.consensus.jraft.CheckedText;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        Incarnation claimed = IdentityFile.claim(directory, SELF);
        assertEquals(1, claimed.number());
        assertNotEquals(0, claimed.directory());
        assertEquals(
                "format 5\ncluster cabfa7b72d326322\nmember 903b61f99025dc3f\nincarnation 1\ndirectory "
                        + Long.toHexString(claimed.directory()) + "\n",
                CheckedText.read(file));
        byte[] marked = Files.readAllBytes(file);
        assertEquals(claimed, IdentityFile.claim(directory, SELF));
        assertArrayEquals(marked, Files.readAllBytes(file));
    }

    @Test
    void anotherMemberIsRefused() {
        IdentityFile.claim(directory, SELF);
        refused(new Identity(SELF.clusterId(), 0x17), "belongs to member 903b61f99025dc3f of cluster cabfa7b72d326322");
        refused(new Identity(0x17, SELF.memberId()), "makes this member 903b61f99025dc3f of cluster 17");
    }

    /// 2 is that of rows with numbers of eight bytes, 6 that of a later program.
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 6, 30})
    void anotherFormatIsRefused(int format) throws IOException {
        CheckedText.write(
                file, "format " + format + "\ncluster cabfa7b72d326322\nmember 903b61f99025dc3f\nincarnation 1\n");
        refused(
                SELF,
                "has format " + format + ", this program knows format 5; use the version of the program that wrote it");
    }

    /// What a version before this file leaves.
    @Test
    void dataWithoutTheFileIsRefused() throws IOException {
        Files.writeString(folder.resolve("member/state/CURRENT"), "MANIFEST-000001\n");
        refused(SELF, "its files are of format 1");
        assertTrue(Files.notExists(file));
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        IdentityFile.claim(directory, SELF);
        byte[] bytes = Files.readAllBytes(file);
        for (int bit = 0; bit < 8 * bytes.length; bit++) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            EngineFailure failure =
                    assertThrows(EngineFailure.class, () -> IdentityFile.claim(directory, SELF), "bit " + bit);
            assertEquals(EngineFailure.Kind.DAMAGED, failure.kind());
            assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
        }
    }

    private void refused(Identity self, String says) {
        StartFailure failure = assertThrows(StartFailure.class, () -> IdentityFile.claim(directory, self));
        assertEquals(ExitStatus.FOREIGN, failure.status());
        assertTrue(failure.getMessage().contains(says), failure.getMessage());
    }
}
