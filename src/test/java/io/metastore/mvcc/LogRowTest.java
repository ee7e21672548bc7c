package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Golden;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogRowTest {
    private static final Revision REPLACED = new Revision(Long.MAX_VALUE / 2, 70_000);

    private static KeyValue put(int keyLength, int valueLength, long create) {
        byte[] key = new byte[keyLength];
        Arrays.fill(key, (byte) 'k');
        return new KeyValue(
                Bytes.wrap(key), Bytes.wrap(new byte[valueLength]), create, Long.MAX_VALUE, Long.MAX_VALUE, -1);
    }

    private static RowCursor at(long main, byte[] row) {
        return new RowCursor(LogRow.key(main, 9), row);
    }

    /// Whatever the length of the key, whether or not it ends where what is read at first does.
    @ParameterizedTest
    @ValueSource(ints = {1, 100, 127, 128, 190, 191, 192, 193, 300, 70_000})
    void aHeadSaysWhatTheWholeRowDoes(int keyLength) {
        for (long create : new long[] {Long.MAX_VALUE, 2}) {
            KeyValue kv = put(keyLength, 500, create);
            LogRow.Head head =
                    LogRow.head(at(Long.MAX_VALUE, LogRow.put(REPLACED, kv).toByteArray()));
            Revision revision = new Revision(Long.MAX_VALUE, 9);
            assertEquals(new LogRow.Head(revision, false, REPLACED, kv.key(), create != 2), head);
            byte[] tombstone =
                    LogRow.tombstone(REPLACED, kv.key(), Long.MAX_VALUE).toByteArray();
            assertEquals(
                    new LogRow.Head(revision, true, REPLACED, kv.key(), false),
                    LogRow.head(at(Long.MAX_VALUE, tombstone)));
        }
    }

    @Test
    void aHeadOfALargeValueIsReadWithoutIt() {
        RowCursor row =
                at(Long.MAX_VALUE, LogRow.put(null, put(100, 1 << 20, 5)).toByteArray());
        LogRow.Head head = LogRow.head(row);
        assertEquals(put(100, 0, 5).key(), head.key());
        assertNull(head.replaced());
        assertTrue(row.read() <= LogRow.HEAD, row.read() + " bytes were read");
    }

    /// Records of other formats have their key or the create revision elsewhere.
    @ParameterizedTest
    @ValueSource(strings = {"record-format-0", "record-format-1", "record-format-2"})
    void recordsOfAllFormatsMayLieInARow(String name) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(new byte[] {LogRow.PUT, 0});
        bytes.writeBytes(Golden.bytes(name));
        byte[] row = bytes.toByteArray();
        KeyValue kv = LogRow.record(300, row);
        assertEquals(300, kv.modRevision());
        assertEquals(5, kv.createRevision());
        LogRow.Head head = LogRow.head(at(300, row));
        assertEquals(new LogRow.Head(new Revision(300, 9), false, null, kv.key(), false), head);
    }

    /// A version that the same transaction made: the distance between the main revisions is 0.
    @Test
    void aVersionOfTheSameTransactionIsReplaced() {
        byte[] row = LogRow.tombstone(new Revision(7, 0), Bytes.utf8("k"), 7).toByteArray();
        assertEquals(new Revision(7, 0), LogRow.replaced(7, row));
    }

    @Test
    void rowsOfTheFormatBeforeAreRefused() {
        for (byte kind = 0; kind < 3; kind++) {
            byte[] row = {kind, 0, 0, 0};
            assertThrows(CorruptRow.class, () -> LogRow.record(7, row));
            assertThrows(CorruptRow.class, () -> LogRow.head(at(7, row)));
        }
        assertThrows(CorruptRow.class, () -> LogRow.head(at(7, new byte[0])));
    }
}
