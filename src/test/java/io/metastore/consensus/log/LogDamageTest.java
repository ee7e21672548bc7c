package io.metastore.consensus.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// No change of a file is believed: the log names the file and does not open, or has everything.
class LogDamageTest {
    private static final SegmentSizes SIZES = new SegmentSizes(8, 16);

    @TempDir
    private Path folder;

    private Path log;
    private final LogModel model = new LogModel();

    /// Three files in use, of which the newest was used before.
    @BeforeEach
    void write() throws IOException {
        log = folder.resolve("log");
        try (RaftLog opened = RaftLog.open(log, SIZES)) {
            for (int i = 0; i < 60; i++) {
                model.append(opened, List.of("entry " + i, i % 9 == 0 ? "members" : "x".repeat(i * 11)));
                if (i == 51 || i == 52) {
                    opened.cutBefore(model.last() - 20);
                    model.cutBefore(model.last() - 20);
                }
            }
        }
        assertTrue(LogFile.inUse(log).size() >= 3, "files in use");
    }

    /// Whether the log opens, with everything.
    private boolean opens() throws IOException {
        try (RaftLog opened = RaftLog.open(log, SIZES)) {
            model.assertHeld(opened);
            return true;
        } catch (EngineFailure failure) {
            assertEquals(EngineFailure.Kind.DAMAGED, failure.kind());
            assertTrue(failure.getMessage().contains(log.toString()), failure.getMessage());
            return false;
        }
    }

    /// Every byte once, and every bit of a byte as often as the others: 7 has no divisor in common with 8.
    @Test
    void noFlippedBitIsBelieved() throws IOException {
        int refused = 0;
        for (Path file : LogFile.inUse(log)) {
            byte[] content = Files.readAllBytes(file);
            for (int bit = 0; bit < content.length * 8; bit += 7) {
                content[bit / 8] ^= (byte) (1 << bit % 8);
                Files.write(file, content);
                refused += opens() ? 0 : 1;
                content[bit / 8] ^= (byte) (1 << bit % 8);
            }
            Files.write(file, content);
        }
        assertTrue(refused > 10_000, "refused " + refused);
        assertTrue(opens());
    }

    /// A sector that the disk lost: only that of the last frame looks as if it had never been written.
    @Test
    void noSectorIsMissed() throws IOException {
        int dropped = 0;
        for (Path file : LogFile.inUse(log)) {
            byte[] content = Files.readAllBytes(file);
            for (int sector = 0; sector < content.length / 512; sector++) {
                byte[] without = content.clone();
                Arrays.fill(without, sector * 512, sector * 512 + 512, (byte) 0);
                Files.write(file, without);
                dropped += losesTheLast() ? 1 : 0;
                Files.write(file, content);
            }
        }
        int sectorsOfTheLast =
                Sectors.holding(Frame.bytes(List.of(LogModel.entry("entry 59"), LogModel.entry("x".repeat(59 * 11)))));
        assertEquals(sectorsOfTheLast, dropped);
    }

    private boolean losesTheLast() throws IOException {
        try (RaftLog opened = RaftLog.open(log, SIZES)) {
            if (opened.last() == model.last()) {
                model.assertHeld(opened);
                return false;
            }
            LogModel less = model.copy();
            less.cutAfter(model.last() - 2);
            less.assertHeld(opened);
            return true;
        } catch (EngineFailure failure) {
            assertEquals(EngineFailure.Kind.DAMAGED, failure.kind());
            return false;
        }
    }

    @Test
    void noCutIsBelieved() throws IOException {
        for (Path file : LogFile.inUse(log)) {
            byte[] content = Files.readAllBytes(file);
            for (int length = 0; length < content.length; length += 37) {
                Files.write(file, Arrays.copyOf(content, length));
                assertThrows(EngineFailure.class, () -> RaftLog.open(log, SIZES));
            }
            Files.write(file, content);
        }
        assertTrue(opens());
    }

    @Test
    void noFileIsMissed() throws IOException {
        List<Path> files = LogFile.inUse(log);
        for (Path file : files) {
            Path away = folder.resolve("away");
            Files.move(file, away);
            if (file.equals(files.getFirst()) && isCutOffUpTo(files.get(1))) {
                assertTrue(opens(), "nothing in it belongs to the log any more");
                Files.move(away, file);
                continue;
            }
            EngineFailure failure = assertThrows(EngineFailure.class, () -> RaftLog.open(log, SIZES));
            assertEquals("a file of the raft log, " + file + ", is missing", failure.getMessage());
            Files.move(away, file);
        }
        assertTrue(opens());
    }

    /// Whether all entries before a file were cut off.
    private boolean isCutOffUpTo(Path file) throws IOException {
        return java.nio.ByteBuffer.wrap(Files.readAllBytes(file)).getLong(36) <= model.first();
    }

    /// One file under the name of another.
    @Test
    void noFileIsMistaken() throws IOException {
        List<Path> files = LogFile.inUse(log);
        Path away = folder.resolve("away");
        Files.move(files.get(0), away);
        Files.move(files.get(1), files.get(0));
        Files.move(away, files.get(1));
        assertThrows(EngineFailure.class, () -> RaftLog.open(log, SIZES));
    }

    /// A frame that a user wrote into a value is never taken for one of the log's, even where the log's end meets it.
    @Test
    void aFrameWithinAValueIsNotTakenForOne() throws IOException {
        Path file = LogFile.inUse(log).getLast();
        byte[] content = Files.readAllBytes(file);
        int end = content.length / 512 - 1;
        java.nio.ByteBuffer forged = java.nio.ByteBuffer.allocate(512);
        try (RaftLog opened = RaftLog.open(log, SIZES)) {
            model.assertHeld(opened);
        }
        long serial = lastSerial(content) + 1;
        Frame.write(forged, serial, Frame.Kind.ENTRIES, model.last() + 1, List.of(LogModel.entry("forged")));
        int free = firstFree(content, (int) lastSerial(content));
        assertTrue(free > 0 && free < end);
        System.arraycopy(forged.array(), 0, content, free * 512 + Sectors.MARK, forged.limit());
        Files.write(file, content);
        // The sector's mark is an old one: it says that no frame of this number was written there.
        assertThrows(EngineFailure.class, () -> RaftLog.open(log, SIZES));
    }

    private static long lastSerial(byte[] content) {
        java.nio.ByteBuffer sectors = java.nio.ByteBuffer.wrap(content);
        int last = (int) sectors.getLong(20);
        for (int sector = 1; sector < content.length / 512; sector++) {
            int mark = sectors.getInt(sector * 512);
            if (mark < last) {
                break;
            }
            last = mark;
        }
        return last;
    }

    private static int firstFree(byte[] content, int lastSerial) {
        java.nio.ByteBuffer sectors = java.nio.ByteBuffer.wrap(content);
        int free = 0;
        for (int sector = 1; sector < content.length / 512; sector++) {
            free = sectors.getInt(sector * 512) == lastSerial ? sector + 1 : free;
        }
        return free;
    }
}
