package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.machine.AppliedHashes.At;
import io.metastore.machine.AppliedHashes.Comparison;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AppliedHashesTest {
    private final AppliedHashes hashes = new AppliedHashes();

    @Test
    void nothingIsKnownOfNothing() {
        assertEquals(Optional.empty(), hashes.newest());
        assertEquals(Comparison.UNKNOWN, hashes.compare(new At(0, 0)));
    }

    /// Entries without commands have no hash of their own: whoever stands on one says the last before it.
    @Test
    void entriesAreComparedByTheirIndex() {
        hashes.at(3, 30);
        hashes.at(5, 50);
        assertEquals(Optional.of(new At(5, 50)), hashes.newest());
        assertEquals(Comparison.EQUAL, hashes.compare(new At(3, 30)));
        assertEquals(Comparison.DIFFERENT, hashes.compare(new At(3, 31)));
        assertEquals(Comparison.EQUAL, hashes.compare(new At(5, 50)));
        for (long unknown : new long[] {2, 4, 6}) {
            assertEquals(Comparison.UNKNOWN, hashes.compare(new At(unknown, 30)));
        }
    }

    @Test
    void whatIsLongAgoIsForgotten() {
        int entries = 3 * AppliedHashes.SIZE + 7;
        for (int i = 1; i <= entries; i++) {
            hashes.at(2L * i, -i);
        }
        for (int i = entries - AppliedHashes.SIZE + 1; i <= entries; i++) {
            assertEquals(Comparison.EQUAL, hashes.compare(new At(2L * i, -i)));
            assertEquals(Comparison.DIFFERENT, hashes.compare(new At(2L * i, i)));
        }
        assertEquals(Comparison.UNKNOWN, hashes.compare(new At(2L * (entries - AppliedHashes.SIZE), 0)));
    }
}
