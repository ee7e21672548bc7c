package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.machine.AppliedHashes.At;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class AppliedHashesTest {
    private final AppliedHashes hashes = new AppliedHashes();

    @Test
    void nothingIsKnownOfNothing() {
        assertEquals(Optional.empty(), hashes.newest());
        assertEquals(OptionalLong.empty(), hashes.after(0));
    }

    /// Entries without commands have no hash of their own.
    @Test
    void hashesAreFoundByTheIndexOfTheirEntry() {
        hashes.at(3, 30);
        hashes.at(5, 50);
        assertEquals(Optional.of(new At(5, 50)), hashes.newest());
        assertEquals(OptionalLong.of(30), hashes.after(3));
        assertEquals(OptionalLong.of(50), hashes.after(5));
        for (long unknown : new long[] {2, 4, 6}) {
            assertEquals(OptionalLong.empty(), hashes.after(unknown));
        }
    }

    @Test
    void whatIsLongAgoIsForgotten() {
        int entries = 3 * AppliedHashes.SIZE + 7;
        for (int i = 1; i <= entries; i++) {
            hashes.at(2L * i, -i);
        }
        for (int i = entries - AppliedHashes.SIZE + 1; i <= entries; i++) {
            assertEquals(OptionalLong.of(-i), hashes.after(2L * i));
        }
        assertEquals(OptionalLong.empty(), hashes.after(2L * (entries - AppliedHashes.SIZE)));
    }
}
