package io.metastore.value;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyRangeSetTest {
    private static Bytes key(Random random) {
        byte[] bytes = new byte[random.nextInt(3)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextInt(4) - 2);
        }
        return Bytes.wrap(bytes);
    }

    private static KeyRange range(Random random) {
        return switch (random.nextInt(20)) {
            case 0 -> new KeyRange(key(random), null);
            case 1, 2, 3, 4, 5 -> KeyRange.single(key(random));
            default -> new KeyRange(key(random), key(random));
        };
    }

    /// Whatever is added, alone or from another set, a key is inside when one of the ranges holds it.
    @Test
    void holdsWhatAnyOfItsRangesHolds() {
        long seed = Long.getLong("seed", new Random().nextLong(1_000_000));
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            KeyRangeSet set = new KeyRangeSet();
            KeyRangeSet other = new KeyRangeSet();
            List<KeyRange> ranges = new ArrayList<>();
            for (int i = random.nextInt(8); i > 0; i--) {
                KeyRange range = range(random);
                ranges.add(range);
                (random.nextBoolean() ? set : other).add(range);
            }
            set.addAll(other);
            for (int i = 0; i < 50; i++) {
                Bytes key = key(random);
                boolean expected = ranges.stream().anyMatch(range -> range.contains(key));
                assertEquals(expected, set.contains(key), "seed " + seed + ": " + key + " in " + ranges);
            }
        }
    }
}
