package io.metastore.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.local.LocalFailure.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterFolderTest {
    @TempDir
    private Path temporary;

    private Path folder;

    @BeforeEach
    void name() {
        folder = temporary.resolve("data");
    }

    @Test
    void whatTheClusterWasIsRemembered() {
        Layout layout = Layout.ofFirstPort(folder, 5, 4000).withClientsFrom(5000);
        try (ClusterFolder first = ClusterFolder.open(folder)) {
            assertEquals(Optional.empty(), first.remembered());
            first.remember(Layout.ofFirstPort(folder, 5, 4000));
            first.remember(layout);
        }
        try (ClusterFolder second = ClusterFolder.open(folder)) {
            assertEquals(Optional.of(layout), second.remembered());
        }
    }

    @Test
    void oneProcessHoldsIt() {
        try (ClusterFolder held = ClusterFolder.open(folder)) {
            LocalFailure failure = assertThrows(LocalFailure.class, () -> ClusterFolder.open(folder));
            assertEquals(Reason.IN_USE, failure.reason());
            assertEquals(
                    "a cluster runs already on " + held.path() + ", by process "
                            + ProcessHandle.current().pid() + ": end that one, or type another --data-dir",
                    failure.getMessage());
        }
        ClusterFolder.open(folder).close();
    }

    @Test
    void aSingleMembersDataIsLeftAlone() throws IOException {
        Files.createDirectories(folder.resolve("member"));
        LocalFailure failure = assertThrows(LocalFailure.class, () -> ClusterFolder.open(folder));
        assertEquals(Reason.FOREIGN, failure.reason());
        assertTrue(failure.getMessage().contains("type another --data-dir"), failure.getMessage());
        assertFalse(Files.exists(folder.resolve("lock")));
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        try (ClusterFolder held = ClusterFolder.open(folder)) {
            for (String text : new String[] {
                "", "members=3\nfirst-client-port=x\nfirst-peer-port=1\n", "members=0", "members=\\uzzzz"
            }) {
                Files.writeString(folder.resolve("cluster"), text);
                LocalFailure failure = assertThrows(LocalFailure.class, held::remembered, text);
                assertEquals(Reason.DATA_DIR, failure.reason());
                assertTrue(failure.getMessage().startsWith(folder.resolve("cluster") + " is damaged: "), text);
            }
        }
    }

    @Test
    void aFolderThatCannotBeIsNamed() throws IOException {
        Files.writeString(folder, "a file");
        LocalFailure failure = assertThrows(LocalFailure.class, () -> ClusterFolder.open(folder));
        assertEquals(Reason.DATA_DIR, failure.reason());
        assertTrue(failure.getMessage().startsWith(folder + " cannot be written"), failure.getMessage());
    }

    @Test
    void aMemberThatDoesNotRunIsNotHeld() throws IOException {
        LocalMember member = Layout.ofFirstPort(folder, 1, 4000).members().getFirst();
        try (ClusterFolder held = ClusterFolder.open(folder)) {
            assertFalse(held.isHeld(member), "never started");
            Files.createDirectories(member.lock().getParent());
            Files.createFile(member.lock());
            assertFalse(held.isHeld(member), "ended");
        }
    }
}
