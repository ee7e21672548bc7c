package io.metastore.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.memory.MemoryEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A captured state on disk: whatever was cut off or flipped is noticed, and the bytes are those of the format.
class RowStreamTest {
    /// Format 1: KEYS a → 1, LOG (0x00 0x01) → "".
    private static final String GOLDEN = "4d53544f524f5753" + "00000001"
            + "0000000a" + "%08x" + "0202000001" + "0301016131"
            + "00000000" + "%08x" + "0000000000000002";

    @TempDir
    private Path parent;

    private Path captured;
    private Path file;

    @BeforeEach
    void capture() {
        Engine engine = new MemoryEngine(4);
        WriteBatch batch = engine.newBatch();
        batch.put(Table.KEYS, new byte[] {'a'}, new byte[] {'1'});
        batch.put(Table.LOG, new byte[] {0, 1}, new byte[0]);
        engine.write(batch);
        captured = parent.resolve("captured");
        try (Capture capture = engine.capture()) {
            capture.writeTo(captured);
        }
        file = captured.resolve("rows");
    }

    @Test
    void theBytesAreThoseOfFormatOne() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String expected = GOLDEN.formatted(crc("02020000010301016131"), crc("0000000000000002"));
        assertEquals(expected, HexFormat.of().formatHex(bytes));
    }

    private static int crc(String hex) {
        var checksum = new java.util.zip.CRC32C();
        checksum.update(HexFormat.of().parseHex(hex));
        return (int) checksum.getValue();
    }

    @Test
    void everyCutIsNoticed() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        for (int length = 0; length < bytes.length; length++) {
            Files.write(file, Arrays.copyOf(bytes, length));
            EngineFailure failure = assertThrows(EngineFailure.class, this::readAll, "cut at " + length);
            assertEquals(EngineFailure.Kind.DAMAGED, failure.kind());
            assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
        }
        Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
        assertThrows(EngineFailure.class, this::readAll);
    }

    @Test
    void everyFlippedBitIsNoticed() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        for (int bit = 0; bit < 8 * bytes.length; bit++) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            int at = bit;
            EngineFailure failure = assertThrows(EngineFailure.class, this::readAll, () -> "bit " + at);
            boolean format = bit / 8 >= 8 && bit / 8 < 12;
            assertEquals(format ? EngineFailure.Kind.OTHER_FORMAT : EngineFailure.Kind.DAMAGED, failure.kind());
        }
    }

    private void readAll() {
        try (RowSource rows = new RowStream(captured)) {
            while (rows.next()) {
                assertTrue(new String(rows.key(), StandardCharsets.US_ASCII).length() > 0);
            }
        }
    }
}
