package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowCodecTest {
    private static byte[] written(long number) {
        byte[] row = new byte[RowWriter.sizeOf(number)];
        new RowWriter(row, 0).number(number);
        return row;
    }

    private static RowReader reader(String hex) {
        return new RowReader("a row", HexFormat.of().parseHex(hex));
    }

    /// What LEB128 says of these numbers.
    @ParameterizedTest
    @CsvSource({
        "0, 00",
        "1, 01",
        "127, 7f",
        "128, 8001",
        "300, ac02",
        "16383, ff7f",
        "16384, 808001",
        "2147483647, ffffffff07",
        "9223372036854775807, ffffffffffffffff7f",
        "-9223372036854775808, 80808080808080808001",
        "-1, ffffffffffffffffff01"
    })
    void numbers(long number, String hex) {
        assertEquals(hex, HexFormat.of().formatHex(written(number)));
        RowReader in = reader(hex);
        assertEquals(number, in.number());
        in.end();
    }

    @Test
    void numbersOfAllSizes() {
        Random random = new Random(5);
        for (int i = 0; i < 100_000; i++) {
            long number = random.nextLong() >>> random.nextInt(64);
            RowReader in = new RowReader("a row", written(number));
            assertEquals(number, in.number());
            assertEquals(0, in.left());
        }
    }

    @Test
    void fieldsFollowEachOther() {
        byte[] text = {1, 2, 3};
        byte[] row = new byte[2 + 1 + 8 + RowWriter.sizeOfBytes(3) + RowWriter.sizeOf(128) + 2];
        new RowWriter(row, 2).tag((byte) 7).fixed(-5).bytes(text).number(128).rest(new byte[] {8, 9});
        RowReader in = new RowReader("a row", row, 2).format((byte) 7);
        assertEquals(-5, in.fixed());
        assertArrayEquals(text, in.bytes());
        assertEquals(128, in.count());
        assertThrows(CorruptRow.class, in::end);
        assertArrayEquals(new byte[] {8, 9}, in.rest());
        in.end();
        assertArrayEquals(new byte[0], in.rest());
    }

    @Test
    void whatCannotHaveBeenWrittenIsCorrupt() {
        assertThrows(CorruptRow.class, () -> reader("").number());
        assertThrows(CorruptRow.class, () -> reader("80").number());
        assertThrows(CorruptRow.class, () -> reader("ffffffffffffffffff02").number(), "65 bits");
        assertThrows(CorruptRow.class, () -> reader("ffffffffffffffffff8100").number(), "eleven bytes");
        assertThrows(CorruptRow.class, () -> reader("ffffffff0f").count(), "2^32 - 1");
        assertThrows(CorruptRow.class, () -> reader("ffffffffffffffffff01").count(), "-1");
        assertThrows(CorruptRow.class, () -> reader("030102").bytes());
        assertThrows(CorruptRow.class, () -> reader("01020304050607").fixed());
        CorruptRow other = assertThrows(CorruptRow.class, () -> reader("07").format((byte) 6));
        assertEquals("the state database is damaged: a row has unknown format 7", other.getMessage());
        assertTrue(Arrays.equals(new byte[] {1, 2}, reader("020102").bytes()));
    }
}
