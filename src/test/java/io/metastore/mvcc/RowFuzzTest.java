package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.Golden;
import io.metastore.fuzz.Fuzz;
import io.metastore.value.Revision;
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
                Golden.bytes("record-format-1"), Golden.bytes("record-format-1-small"),
                Golden.bytes("record-format-2"), Golden.bytes("record-format-2-small"));
        fuzz("records").run(records, input -> {
            var read = RecordFormat.read(input, 0, 300);
            byte[] written = new byte[RecordFormat.size(read)];
            RecordFormat.write(read, new RowWriter(written, 0));
            assertEquals(read, RecordFormat.read(written, 0, read.modRevision()));
        });
    }

    @Test
    void changes() {
        byte[] key = LogRow.key(300, 1);
        List<byte[]> rows = List.of(Golden.bytes("log-put-2"), Golden.bytes("log-tombstone-2"));
        fuzz("rows of log").run(rows, input -> {
            LogRow.event(key, input);
            LogRow.replaced(300, input);
        });
        fuzz("heads of rows of log").run(rows, input -> LogRow.head(new RowCursor(key, input)));
    }

    @Test
    void newestVersions() {
        List<byte[]> rows = List.of(Golden.bytes("keys-2"), Golden.bytes("keys-2-inline"));
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
                        });
    }

    @Test
    void supersededVersions() {
        fuzz("rows of versions").run(List.of(Golden.bytes("versions-value")), input -> {
            VersionRow.entry(new Revision(300, 4), input);
            VersionRow.supersededAt(300, input);
        });
    }

    @Test
    void state() {
        fuzz("state").run(List.of(Golden.bytes("state-row")), StateRow::decode);
    }
}
