package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.consensus.log.Entry;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SkippedEntriesTest {
    private static final SkippedEntry WIDE = new SkippedEntry(17, 3, 0x0a1b2c3d, "wide delete, as said by Zoë\n100 %");
    private static final SkippedEntry LATER = new SkippedEntry(4_000_000_000L, 9, -1, "");

    @TempDir
    private Path raft;

    private SkippedEntries read() {
        return SkippedEntries.read(raft);
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        assertEquals(List.of(), read().list());
        read().with(LATER).with(WIDE).write(raft);
        assertEquals(List.of(WIDE, LATER), read().list());
        read().without(17).write(raft);
        assertEquals(List.of(LATER), read().list());
        assertEquals("entry 4000000000 of term 9 with checksum ffffffff", LATER.toString());
    }

    /// Members and versions to come read it.
    @Test
    void theFileHasItsForm() throws IOException {
        read().with(WIDE).write(raft);
        String text = Files.readString(raft.resolve("skipped"));
        assertEquals(
                "skipped entries, format 1\n17 3 0a1b2c3d wide+delete%2C+as+said+by+Zo%C3%AB%0A100+%25\n",
                text.substring(0, text.indexOf("crc32c ")));
    }

    @Test
    void onlyTheVeryEntryIsContained() {
        SkippedEntries marks = read().with(WIDE);
        assertTrue(marks.contains(17, 3, 0x0a1b2c3d));
        assertFalse(marks.contains(17, 3, 0x0a1b2c3c));
        assertFalse(marks.contains(17, 4, 0x0a1b2c3d));
        assertFalse(marks.contains(18, 3, 0x0a1b2c3d));
        assertEquals(marks.list(), marks.with(WIDE).list());
        SkippedEntry other = new SkippedEntry(17, 4, 1, "");
        assertTrue(assertThrows(IllegalArgumentException.class, () -> marks.with(other))
                .getMessage()
                .contains(WIDE.toString()));
    }

    @Test
    void aMarkIsOfOneEntryAndNoOther() {
        Entry entry = entry(3, Entry.Kind.COMMANDS, "data");
        SkippedEntry mark = new SkippedEntry(17, 3, entry.checksum(), "");
        assertTrue(mark.isOf(17, entry));
        assertFalse(mark.isOf(18, entry));
        assertFalse(mark.isOf(17, entry(4, Entry.Kind.COMMANDS, "data")));
        assertFalse(mark.isOf(17, entry(3, Entry.Kind.COMMANDS, "date")));
        assertFalse(mark.isOf(17, entry(3, Entry.Kind.CONFIGURATION, "data")));
    }

    /// People have typed it, and other members hold it: it must not change with the version. The number was computed
    /// apart from this program.
    @Test
    void anEntryKeepsItsChecksum() {
        assertEquals(
                "56493784",
                SkippedEntry.text(entry(3, Entry.Kind.COMMANDS, "data").checksum()));
    }

    private static Entry entry(long term, Entry.Kind kind, String data) {
        return new Entry(term, kind, ByteBuffer.wrap(data.getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void noFlippedBitIsBelieved() throws IOException {
        read().with(WIDE).with(LATER).write(raft);
        Path file = raft.resolve("skipped");
        byte[] content = Files.readAllBytes(file);
        for (int bit = 0; bit < content.length * 8; bit++) {
            content[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, content);
            EngineFailure failure = assertThrows(EngineFailure.class, this::read);
            assertEquals(EngineFailure.Kind.DAMAGED, failure.kind());
            assertTrue(failure.getMessage().startsWith(file + " is damaged: "), failure.getMessage());
            content[bit / 8] ^= (byte) (1 << bit % 8);
        }
    }

    @Test
    void aFileOfAnotherFormIsNotTakenForAList() throws IOException {
        Path file = raft.resolve("skipped");
        CheckedText.write(file, "skipped entries, format 2\n17 3 0a1b2c3d x 7\n");
        EngineFailure failure = assertThrows(EngineFailure.class, this::read);
        assertEquals(EngineFailure.Kind.OTHER_FORMAT, failure.kind());
        for (String lines : List.of("", "17 3 0a1b2c3d \n", "skipped entries, format 1\n17 3 xyz \n")) {
            CheckedText.write(file, lines);
            assertEquals(
                    EngineFailure.Kind.DAMAGED,
                    assertThrows(EngineFailure.class, this::read).kind(),
                    lines);
        }
    }
}
