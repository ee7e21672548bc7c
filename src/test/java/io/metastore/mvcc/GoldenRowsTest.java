package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Golden;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Rows as they lie on disk: what was ever written stays readable, and what is written now are these very
/// bytes.
class GoldenRowsTest {
    private static final Bytes KEY = Bytes.wrap(concat("/registry/pods/", 0, 0xff, 'a'));
    private static final KeyValue PAIR = new KeyValue(KEY, Bytes.wrap(concat("value ", 0, 1, 0xfe)), 5, 300, 7, -2);
    private static final KeyValue SMALL = new KeyValue(Bytes.utf8("k"), Bytes.EMPTY, 2, 2, 1, 0);

    private static byte[] concat(String text, int... more) {
        byte[] bytes = Arrays.copyOf(Bytes.utf8(text).array(), text.length() + more.length);
        for (int i = 0; i < more.length; i++) {
            bytes[text.length() + i] = (byte) more[i];
        }
        return bytes;
    }

    private static byte[] written(KeyValue pair) {
        byte[] record = new byte[RecordFormat.size(pair)];
        RecordFormat.write(pair, new RowWriter(record, 0));
        return record;
    }

    @Test
    void recordsOfAllFormatsAreRead() {
        for (int format = 0; format <= 2; format++) {
            String name = "record-format-" + format;
            assertEquals(PAIR, RecordFormat.read(Golden.bytes(name), 0, 300), name);
            assertEquals(SMALL, RecordFormat.read(Golden.bytes(name + "-small"), 0, 2), name);
        }
    }

    @Test
    void recordsAreWrittenInTheNewestFormat() {
        assertArrayEquals(Golden.bytes("record-format-2"), written(PAIR));
        assertArrayEquals(Golden.bytes("record-format-2-small"), written(SMALL));
    }

    @Test
    void changesOfTheHistory() {
        byte[] put = Golden.bytes("log-put-2");
        assertArrayEquals(put, LogRow.put(new Revision(200, 3), PAIR).toByteArray());
        assertFalse(LogRow.isTombstone(put));
        assertEquals(new Revision(200, 3), LogRow.replaced(300, put));
        assertEquals(PAIR, LogRow.record(300, put));
        byte[] tombstone = Golden.bytes("log-tombstone-2");
        assertArrayEquals(
                tombstone, LogRow.tombstone(new Revision(300, 0), KEY, 300).toByteArray());
        assertTrue(LogRow.isTombstone(tombstone));
        assertEquals(new Revision(300, 0), LogRow.replaced(300, tombstone));
        assertEquals(new KeyValue(KEY, Bytes.EMPTY, 0, 0, 0, 0), LogRow.record(300, tombstone));
        assertNull(LogRow.replaced(300, LogRow.put(null, PAIR).toByteArray()));
    }

    @Test
    void newestVersions() {
        KeyEntry entry = new KeyEntry(5, 300, 4, 7, -2, PAIR.value());
        byte[] inline = Golden.bytes("keys-2-inline");
        assertArrayEquals(inline, entry.row(9).toByteArray());
        assertEquals(entry, KeyEntry.decode(inline));
        byte[] row = Golden.bytes("keys-2");
        assertArrayEquals(row, entry.row(8).toByteArray());
        assertEquals(new KeyEntry(5, 300, 4, 7, -2, 9, null), KeyEntry.decode(row));
        KeyEntry empty = new KeyEntry(5, 300, 4, 7, -2, Bytes.EMPTY);
        assertEquals(empty, KeyEntry.decode(empty.row(0).toByteArray()));
    }

    @Test
    void supersededVersionsAndState() {
        byte[] row = Golden.bytes("versions-key");
        assertArrayEquals(row, VersionRow.key(KEY, 300, 4));
        assertEquals(KEY, VersionRow.userKey(row));
        assertEquals(new Revision(300, 4), VersionRow.version(row));
        byte[] value = Golden.bytes("versions-value");
        assertArrayEquals(
                value,
                VersionRow.value(new KeyEntry(5, 300, 4, 7, -2, PAIR.value()), 1_000)
                        .toByteArray());
        assertEquals(1_000, VersionRow.supersededAt(300, value));
        assertEquals(new KeyEntry(5, 300, 4, 7, 0, 9, null), VersionRow.entry(new Revision(300, 4), value));
        Unfinished part = new Unfinished(300, 4, -1, 0x0123456789abcdefL, 7, new byte[] {8, 9});
        assertArrayEquals(Golden.bytes("unfinished-row"), part.encode());
        Unfinished read = Unfinished.decode(part.encode());
        assertArrayEquals(part.position(), read.position());
        assertEquals(List.of(300L, 4L, -1L, 0x0123456789abcdefL, 7L), numbers(read));
        StateRow state = new StateRow(12, 3, 300, -1, 0x0123456789abcdefL);
        assertArrayEquals(Golden.bytes("state-row"), state.encode());
        assertEquals(state, StateRow.decode(Golden.bytes("state-row")));
    }

    private static List<Long> numbers(Unfinished part) {
        return List.of(part.revision(), part.sub(), part.compactedRevision(), part.hash(), part.rowsHash());
    }

    @Test
    void aDamagedRecordIsAFaultWhateverIsCutOff() {
        for (String name : new String[] {"record-format-0", "record-format-1", "record-format-2"}) {
            byte[] whole = Golden.bytes(name);
            for (int length = 0; length < whole.length; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                if (name.endsWith("1") || length == 0) {
                    assertThrows(CorruptRow.class, () -> RecordFormat.read(cut, 0, 300));
                } else {
                    readOrCorrupt(cut);
                }
            }
            for (int at = 0; at < whole.length; at++) {
                byte[] flipped = whole.clone();
                flipped[at] ^= (byte) 0x80;
                readOrCorrupt(flipped);
            }
        }
    }

    /// Nothing but a record or the fault that says so.
    private static void readOrCorrupt(byte[] record) {
        try {
            RecordFormat.read(record, 0, 300);
        } catch (CorruptRow fault) {
            assertTrue(fault.getMessage().startsWith("the state database is damaged"));
        }
    }
}
