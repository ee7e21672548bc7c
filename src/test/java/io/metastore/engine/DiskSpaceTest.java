package io.metastore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskSpaceTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @TempDir
    private Path folder;

    /// A disk of any size, as full as a test wants it.
    private static final class Disk implements DiskSpace.Disk {
        private final long total;
        private long usable;

        private Disk(long total, long usable) {
            this.total = total;
            this.usable = usable;
        }

        @Override
        public long total() {
            return total;
        }

        @Override
        public long usable() {
            return usable;
        }
    }

    private DiskSpace space(Disk disk, long reserve) throws IOException {
        return DiskSpace.of(folder, disk, reserve);
    }

    private boolean isHeld() throws IOException {
        Path file = folder.resolve("reserve");
        return Files.exists(file) && Files.size(file) == 32 * MIB;
    }

    @Test
    void theReserveSuitsTheDisk() throws IOException {
        assertEquals(128 * MIB, space(new Disk(GIB, GIB), 0).reserve());
        assertEquals(64 * MIB, space(new Disk(100 * MIB, GIB), 0).reserve());
        assertEquals(512 * MIB, space(new Disk(1000 * GIB, GIB), 0).reserve());
        assertEquals(5 * MIB, space(new Disk(GIB, GIB), 5 * MIB).reserve());
        assertEquals(0, space(new Disk(GIB, GIB), -1).reserve());
    }

    @Test
    void theFileIsThereOnlyWhileTheDiskFillsUp() throws IOException {
        Disk disk = new Disk(GIB, 600 * MIB);
        DiskSpace space = space(disk, 0);
        space.keep();
        assertFalse(isHeld());
        disk.usable = 500 * MIB;
        space.keep();
        assertTrue(isHeld());
        assertEquals(32 * MIB, space.held());
        disk.usable = 1000 * MIB;
        space.keep();
        assertTrue(isHeld());
        disk.usable = 1025 * MIB;
        space.keep();
        assertFalse(isHeld());
        assertEquals(0, space.held());
    }

    @Test
    void theFileIsNotMadeOfWhatIsHeldBack() throws IOException {
        Disk disk = new Disk(GIB, 159 * MIB);
        DiskSpace space = space(disk, 0);
        space.keep();
        assertFalse(isHeld());
        disk.usable = 160 * MIB;
        space.keep();
        assertTrue(isHeld());
    }

    @Test
    void theFileIsGivenUpOnceAndFoundAgain() throws IOException {
        space(new Disk(GIB, 200 * MIB), 0).keep();
        DiskSpace found = space(new Disk(GIB, 200 * MIB), 0);
        assertEquals(32 * MIB, found.held());
        assertFalse(found.failedWithin(Long.MAX_VALUE));
        assertTrue(found.release());
        assertFalse(isHeld());
        assertTrue(found.failedWithin(Long.MAX_VALUE));
        assertFalse(found.release());
        found.keep();
        assertFalse(isHeld(), "made again at once, for the next write to take");
    }

    @Test
    void aStartFindsRoomInTheFile() throws IOException {
        Disk disk = new Disk(GIB, 200 * MIB);
        space(disk, 0).keep();
        DiskSpace space = space(disk, 0);
        assertTrue(space.ensureSome());
        assertTrue(isHeld());
        disk.usable = MIB;
        assertFalse(space.ensureSome());
        assertFalse(isHeld());
    }

    @Test
    void roomForAFlushIsMadeBeforeItIsNeeded() throws IOException {
        Disk disk = new Disk(GIB, 200 * MIB);
        space(disk, 0).keep();
        DiskSpace space = space(disk, 0);
        disk.usable = 16 * MIB;
        assertTrue(space.ensure(16 * MIB));
        assertTrue(isHeld());
        assertFalse(space.ensure(16 * MIB + 1));
        assertFalse(isHeld());
        assertFalse(space.failedWithin(Long.MAX_VALUE), "nothing has failed yet");
    }

    @Test
    void whatFindsNoRoomTriesAgainUntilItWorks() throws IOException {
        DiskSpace space = space(new Disk(GIB, 200 * MIB), 0);
        space.keep();
        AtomicInteger attempts = new AtomicInteger();
        assertTrue(space.awaitRoom("writing", () -> {
            assertEquals(0, space.held());
            return attempts.incrementAndGet() == 3;
        }));
        assertEquals(3, attempts.get());
    }

    @Test
    void waitingEndsWhenTheMemberStops() throws IOException {
        DiskSpace space = space(new Disk(GIB, 0), 0);
        assertFalse(space.awaitRoom("writing", () -> {
            space.close();
            return false;
        }));
    }
}
