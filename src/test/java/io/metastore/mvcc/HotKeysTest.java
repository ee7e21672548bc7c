package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.value.Bytes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A table that loses slots ends up full, and a search in it never ends.
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HotKeysTest {
    private static final Bytes VALUE = Bytes.utf8("value");
    private static final int SMALLEST = 4 << 10;

    private static KeyEntry entry(long main) {
        return withLease(main, main * 10, VALUE);
    }

    private static KeyEntry known(long main) {
        return withLease(main, main * 10, null);
    }

    private static KeyEntry withLease(long main, long lease, Bytes value) {
        return new KeyEntry(main - 1, main, 3, 7, lease, VALUE.length(), value);
    }

    /// A key of 28 bytes: its entry takes 64 with a lease, and 56 without.
    private static Bytes key(int number) {
        return Bytes.utf8("/registry/leases/n-%09d".formatted(number));
    }

    /// Whatever is found is the newest version, never an older one nor that of a deleted key, whatever is driven
    /// out meanwhile; and what was written last is found.
    @ParameterizedTest
    @ValueSource(ints = {20, 60, 100, 1_000, 20_000})
    void whatIsFoundIsTheNewest(int keys) {
        whatIsFoundIsTheNewest(keys, SMALLEST, random -> key(random, keys));
    }

    /// The same in a ring of four pages that goes round some forty times.
    @Test
    void whatIsFoundIsTheNewestInPages() {
        whatIsFoundIsTheNewest(20_000, 256 << 10, random -> key(random, 20_000));
    }

    /// The same where the table is full before the ring is.
    @ParameterizedTest
    @ValueSource(ints = {SMALLEST, 256 << 10})
    void whatIsFoundIsTheNewestOfShortKeys(int ring) {
        int keys = ring / 8;
        whatIsFoundIsTheNewest(keys, ring, random -> Bytes.utf8(Integer.toString(random.nextInt(keys), 36)));
    }

    private static void whatIsFoundIsTheNewest(int keys, int ring, Function<Random, Bytes> keyOf) {
        HotKeys hot = new HotKeys(ring);
        Map<Bytes, Long> truth = new HashMap<>();
        Random random = new Random(keys);
        int found = 0;
        int asked = 0;
        for (long main = 2; main < 200_000; main++) {
            Bytes key = keyOf.apply(random);
            KeyEntry entry = hot.find(key);
            Long newest = truth.get(key);
            if (newest != null) {
                asked++;
            }
            if (entry != null) {
                found++;
                assertNotNull(newest, () -> key + " was deleted");
                assertEquals(withLease(newest, lease(newest), null), entry);
            }
            if (random.nextInt(5) == 0) {
                truth.remove(key);
                hot.deleted(key);
            } else {
                truth.put(key, main);
                hot.written(key, withLease(main, lease(main), VALUE));
                assertEquals(withLease(main, lease(main), null), hot.find(key));
            }
        }
        // 4 KiB hold 20 keys of 24 bytes on average for good, and of 20,000 still some.
        assertTrue(found > 0 && (keys > 20 || found > asked * 0.99), found + " of " + asked + " found");
    }

    /// So that a key gains and loses its lease.
    private static long lease(long main) {
        return main % 3 == 0 ? 0 : -main;
    }

    /// Keys of many lengths; some hold others as their beginning.
    private static Bytes key(Random random, int keys) {
        int number = random.nextInt(keys);
        return Bytes.utf8("k".repeat(number % 41) + number);
    }

    @Test
    void forgetsTheKeyWrittenLongestAgo() {
        HotKeys hot = new HotKeys(SMALLEST);
        for (int i = 0; i < 64; i++) {
            hot.written(key(i), entry(10 + i));
        }
        hot.written(key(100), entry(200));
        assertNull(hot.find(key(0)));
        for (int i = 1; i < 64; i++) {
            assertEquals(known(10 + i), hot.find(key(i)));
        }
        assertEquals(known(200), hot.find(key(100)));
    }

    /// A key that is written again and again stays, whatever comes and goes.
    @Test
    void keepsTheKeyThatIsWrittenAgain() {
        HotKeys hot = new HotKeys(SMALLEST);
        hot.written(key(0), entry(2));
        for (int i = 1; i < 10_000; i++) {
            hot.written(key(i), entry(2 * i + 1));
            if (i % 20 == 0) {
                assertNotNull(hot.find(key(0)), "after " + i);
                hot.written(key(0), entry(2 * i + 2));
            }
        }
    }

    @Test
    void keepsOthersInPlaceOfTheDeleted() {
        HotKeys hot = new HotKeys(SMALLEST);
        for (int i = 0; i < 60; i++) {
            hot.written(key(i), entry(10 + i));
        }
        for (int i = 0; i < 60; i += 2) {
            hot.deleted(key(i));
            hot.deleted(key(i));
        }
        for (int i = 0; i < 60; i++) {
            assertEquals(i % 2 == 0 ? null : known(10 + i), hot.find(key(i)));
        }
    }

    /// Keys of all lengths up to the longest, one the beginning of the next: none is taken for another.
    @Test
    void tellsKeysApartByLength() {
        HotKeys hot = new HotKeys(HotKeys.BYTES);
        for (int length = 1; length <= HotKeys.KEY_MAX + 2; length++) {
            hot.written(Bytes.wrap(new byte[length]), entry(length + 1));
        }
        for (int length = 1; length <= HotKeys.KEY_MAX; length++) {
            assertEquals(known(length + 1), hot.find(Bytes.wrap(new byte[length])));
        }
        assertNull(hot.find(Bytes.wrap(new byte[HotKeys.KEY_MAX + 1])));
        hot.deleted(Bytes.wrap(new byte[HotKeys.KEY_MAX + 1]));
    }

    /// 31 * 31 + 31 * 0 + 31 is 31 * 31 + 31 * 1 + 0.
    @Test
    void tellsKeysOfOneHashApart() {
        Bytes one = Bytes.wrap(new byte[] {0, 31});
        Bytes other = Bytes.wrap(new byte[] {1, 0});
        assertEquals(one.hashCode(), other.hashCode());
        HotKeys hot = new HotKeys(SMALLEST);
        hot.written(one, entry(5));
        assertNull(hot.find(other));
        hot.written(other, entry(6));
        hot.deleted(one);
        assertNull(hot.find(one));
        assertEquals(known(6), hot.find(other));
    }

    /// What the ring says of itself.
    @Test
    void holdsAHundredAndFiftyThousandKeys() {
        HotKeys hot = new HotKeys(HotKeys.BYTES);
        int keys = 149_500;
        for (int i = 0; i < keys; i++) {
            hot.written(key(i), withLease(i + 2, 0, VALUE));
        }
        for (int i = 0; i < keys; i++) {
            assertEquals(withLease(i + 2, 0, null), hot.find(key(i)));
        }
    }

    /// The table is full before the ring is.
    @Test
    void forgetsWhenKeysAreManyAndShort() {
        HotKeys hot = new HotKeys(SMALLEST);
        for (int i = 0; i < 1000; i++) {
            hot.written(Bytes.utf8("%03d".formatted(i)), withLease(i + 2, 0, VALUE));
        }
        for (int i = 0; i < 1000; i++) {
            KeyEntry expected = i < 1000 - 96 ? null : withLease(i + 2, 0, null);
            assertEquals(expected, hot.find(Bytes.utf8("%03d".formatted(i))));
        }
    }

    @Test
    void knowsNothingOfAnEntryWithNumbersThatAreTooLarge() {
        long last = (1L << 48) - 1;
        KeyEntry largest = new KeyEntry(last, last, 65_535, Integer.MAX_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE, null);
        List<KeyEntry> tooLarge = List.of(
                new KeyEntry(2, last + 1, 0, 1, 0, 0, null),
                new KeyEntry(2, 2, 65_536, 1, 0, 0, null),
                new KeyEntry(2, 2, 0, Integer.MAX_VALUE + 1L, 0, 0, null));
        for (KeyEntry entry : tooLarge) {
            HotKeys hot = new HotKeys(SMALLEST);
            hot.written(key(1), largest);
            assertEquals(largest, hot.find(key(1)));
            hot.written(key(1), entry);
            assertNull(hot.find(key(1)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2048, 5000, -4096})
    void refusesRingsOfOtherSizes(int bytes) {
        assertThrows(IllegalArgumentException.class, () -> new HotKeys(bytes));
    }
}
