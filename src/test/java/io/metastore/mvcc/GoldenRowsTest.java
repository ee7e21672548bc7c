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
        RecordFormat.write(pair, record, 0);
        return record;
    }

    @Test
    void recordsOfBothFormatsAreRead() {
        assertEquals(PAIR, RecordFormat.read(Golden.bytes("record-format-0"), 0));
        assertEquals(SMALL, RecordFormat.read(Golden.bytes("record-format-0-small"), 0));
        assertEquals(PAIR, RecordFormat.read(Golden.bytes("record-format-1"), 0));
        assertEquals(SMALL, RecordFormat.read(Golden.bytes("record-format-1-small"), 0));
    }

    @Test
    void recordsAreWrittenInTheNewestFormat() {
        assertArrayEquals(Golden.bytes("record-format-1"), written(PAIR));
        assertArrayEquals(Golden.bytes("record-format-1-small"), written(SMALL));
    }

    @Test
    void changesOfTheHistory() {
        byte[] put = Golden.bytes("log-put");
        assertArrayEquals(put, LogRow.put(new Revision(200, 3), PAIR).toByteArray());
        assertFalse(LogRow.isTombstone(put));
        assertEquals(new Revision(200, 3), LogRow.replaced(put));
        assertEquals(PAIR, LogRow.record(put));
        byte[] tombstone = Golden.bytes("log-tombstone");
        assertArrayEquals(tombstone, LogRow.tombstone(new Revision(300, 0), KEY).toByteArray());
        assertTrue(LogRow.isTombstone(tombstone));
        assertEquals(KEY, LogRow.record(tombstone).key());
        assertNull(LogRow.replaced(LogRow.put(null, PAIR).toByteArray()));
    }

    @Test
    void newestVersions() {
        byte[] small = Golden.bytes("keys-small-value");
        KeyEntry entry = new KeyEntry(5, 300, 4, 7, -2, PAIR.value());
        assertArrayEquals(small, entry.toByteArray());
        assertEquals(entry, KeyEntry.decode(small));
        byte[] large = Golden.bytes("keys-large-value");
        assertArrayEquals(large, new KeyEntry(5, 300, 4, 7, -2, Bytes.wrap(new byte[1025])).toByteArray());
        assertNull(KeyEntry.decode(large).value());
        assertEquals(new Revision(300, 4), KeyEntry.decode(large).revision());
    }

    @Test
    void supersededVersionsAndState() {
        byte[] row = Golden.bytes("versions-key");
        assertArrayEquals(row, VersionRow.key(KEY, 300, 4));
        assertEquals(KEY, VersionRow.userKey(row));
        assertEquals(new Revision(300, 4), VersionRow.version(row));
        StateRow state = new StateRow(12, 3, 300, -1);
        assertArrayEquals(Golden.bytes("state-row"), state.encode());
        assertEquals(state, StateRow.decode(Golden.bytes("state-row")));
    }

    @Test
    void aDamagedRecordIsAFaultWhateverIsCutOff() {
        for (String name : new String[] {"record-format-0", "record-format-1"}) {
            byte[] whole = Golden.bytes(name);
            for (int length = 0; length < whole.length; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                if (name.endsWith("1") || length == 0) {
                    assertThrows(CorruptRow.class, () -> RecordFormat.read(cut, 0));
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
            RecordFormat.read(record, 0);
        } catch (CorruptRow fault) {
            assertTrue(fault.getMessage().startsWith("the state database is damaged"));
        }
    }
}
