package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.Golden;
import io.metastore.fuzz.Fuzz;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Rows of the state database, damaged: each is read as something, or refused as corrupt.
class RowFuzzTest {
    private static Fuzz fuzz(String name) {
        return Fuzz.of(name, CorruptRow.class);
    }

    @Test
    void records() {
        List<byte[]> records = List.of(
                Golden.bytes("record-format-0"), Golden.bytes("record-format-0-small"),
                Golden.bytes("record-format-1"), Golden.bytes("record-format-1-small"));
        fuzz("records").run(records, input -> {
            var read = RecordFormat.read(input, 0);
            byte[] written = new byte[RecordFormat.size(read)];
            RecordFormat.write(read, written, 0);
            assertEquals(read, RecordFormat.read(written, 0));
        });
    }

    @Test
    void changes() {
        byte[] key = LogRow.key(7, 1);
        fuzz("rows of log").run(List.of(Golden.bytes("log-put"), Golden.bytes("log-tombstone")), input -> {
            LogRow.event(key, input);
            LogRow.replaced(input);
        });
    }

    @Test
    void newestVersions() {
        List<byte[]> rows = List.of(Golden.bytes("keys-small-value"), Golden.bytes("keys-large-value"));
        fuzz("rows of keys").run(rows, KeyEntry::decode);
    }

    @Test
    void keysOfSupersededVersions() {
        fuzz("keys of versions")
                .run(
                        List.of(
                                Golden.bytes("versions-key"),
                                VersionRow.key(io.metastore.value.Bytes.utf8("\0a\0"), 5, 6)),
                        input -> {
                            VersionRow.userKey(input);
                            VersionRow.version(input);
                            VersionRow.supersededAt(input.length == 16 ? input : LogRow.key(1, 2));
                        });
    }

    @Test
    void state() {
        fuzz("state").run(List.of(Golden.bytes("state-row")), StateRow::decode);
    }
}
