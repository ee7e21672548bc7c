package io.metastore.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What several ranges cover together, beside trying every key there is.
class GrantsTest {
    /// Keys of one letter, or of one and a zero; the last stands for all behind.
    private static final List<Bytes> KEYS = keys();

    private static List<Bytes> keys() {
        List<Bytes> keys = new ArrayList<>();
        for (char letter = 'a'; letter <= 'h'; letter++) {
            keys.add(Bytes.utf8(String.valueOf(letter)));
            keys.add(Bytes.utf8(letter + "\0"));
        }
        return keys;
    }

    private static KeyRange random(Random random) {
        Bytes from = KEYS.get(random.nextInt(KEYS.size()));
        return switch (random.nextInt(4)) {
            case 0 -> KeyRange.single(from);
            case 1 -> new KeyRange(from, null);
            default -> new KeyRange(from, KEYS.get(random.nextInt(KEYS.size())));
        };
    }

    private static boolean allGranted(List<KeyRange> granted, KeyRange asked) {
        List<Bytes> meant = new ArrayList<>(KEYS);
        meant.add(Bytes.utf8("z"));
        // Between a key and the next there are more, of which one with two zeros stands for all.
        KEYS.forEach(key -> meant.add(key.successor().successor()));
        return meant.stream()
                .filter(asked::contains)
                .allMatch(key -> granted.stream().anyMatch(range -> range.contains(key)));
    }

    @Test
    void coversWhatEachKeyIsGrantedOf() {
        Random random = new Random(20_281);
        int yes = 0;
        for (int i = 0; i < 200_000; i++) {
            List<KeyRange> granted = new ArrayList<>();
            for (int j = random.nextInt(5); j > 0; j--) {
                KeyRange range = random(random);
                if (!range.isEmpty()) {
                    granted.add(range);
                }
            }
            KeyRange asked = random(random);
            if (!asked.isEmpty()) {
                boolean covered = new Grants(granted).cover(asked);
                assertEquals(allGranted(granted, asked), covered, () -> granted + " for " + asked);
                yes += covered ? 1 : 0;
            }
        }
        assertEquals(true, yes > 10_000, "covered " + yes);
    }

    /// etcd answers such a request with nothing where its first key is granted, and refuses it else.
    @Test
    void aRangeThatEndsBeforeItBeginsNeedsItsFirstKey() {
        for (String end : List.of("b", "d")) {
            KeyRange reversed = new KeyRange(Bytes.utf8("d"), Bytes.utf8(end));
            assertEquals(true, new Grants(List.of(new KeyRange(Bytes.utf8("a"), Bytes.utf8("e")))).cover(reversed));
            assertEquals(true, new Grants(List.of(new KeyRange(Bytes.utf8("d"), null))).cover(reversed));
            assertEquals(true, new Grants(List.of(KeyRange.single(Bytes.utf8("d")))).cover(reversed));
            assertEquals(false, new Grants(List.of(new KeyRange(Bytes.utf8("a"), Bytes.utf8("d")))).cover(reversed));
            assertEquals(false, Grants.NONE.cover(reversed));
        }
    }
}
