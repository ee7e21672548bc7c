package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.value.Bytes;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CountsTest {
    private final Random random = new Random(5);
    private final TreeSet<Bytes> live = new TreeSet<>();
    private Counts counts = Counts.EMPTY;

    @Test
    void countsLikeASetOfKeys() {
        Counts stored = Counts.EMPTY;
        SortedMap<Bytes, Integer> table = new TreeMap<>();
        int most = 0;
        for (int round = 0; round < 60; round++) {
            // Grow for a while, then shrink, so that runs are split and joined.
            change(round % 30 < 20 ? 900 : 100, 1 + random.nextInt(12_000));
            most = Math.max(most, live.size());
            checkPositions();
            if (random.nextInt(10) == 0) {
                counts.changesSince(stored).forEach((start, count) -> {
                    if (count == null) {
                        table.remove(start);
                    } else {
                        table.put(start, count);
                    }
                });
                stored = counts;
                counts = random.nextBoolean() ? Counts.of(table) : counts;
                stored = counts;
                checkPositions();
            }
        }
        // Enough for several leaves of runs.
        assertTrue(most > 70_000, "the test reached only " + most + " keys");
    }

    private void change(int createOfThousand, int size) {
        SortedMap<Bytes, Integer> deltas = new TreeMap<>();
        for (int i = 0; i < size; i++) {
            Bytes key = key();
            if (deltas.containsKey(key)) {
                continue;
            }
            if (random.nextInt(1000) < createOfThousand) {
                if (live.add(key)) {
                    deltas.put(key, 1);
                }
            } else {
                Bytes near = live.ceiling(key);
                if (near != null && !deltas.containsKey(near)) {
                    live.remove(near);
                    deltas.put(near, -1);
                }
            }
        }
        counts = counts.with(deltas);
        for (Bytes start : counts.oversized(deltas.keySet())) {
            counts = counts.split(start, halves(start, counts.endOf(start)));
        }
        assertTrue(counts.oversized().isEmpty());
    }

    private SortedMap<Bytes, Integer> halves(Bytes start, Bytes end) {
        SortedMap<Bytes, Integer> runs = new TreeMap<>();
        Bytes run = start;
        int count = 0;
        for (Bytes key : end == null ? live.tailSet(start) : live.subSet(start, end)) {
            if (count == Counts.RUN_MAX / 2) {
                runs.put(run, count);
                run = key;
                count = 0;
            }
            count++;
        }
        runs.put(run, count);
        return runs;
    }

    private void checkPositions() {
        assertEquals(live.size(), counts.total());
        for (int i = 0; i < 5; i++) {
            Bytes key = i == 0 ? Bytes.EMPTY : key();
            Counts.Position position = counts.position(key);
            assertTrue(position.runStart().compareTo(key) <= 0);
            long inRun = live.subSet(position.runStart(), key).size();
            assertTrue(inRun <= Counts.RUN_MAX, () -> inRun + " keys are walked");
            assertEquals(live.headSet(key).size(), position.keysBefore() + inRun);
        }
    }

    @Test
    void aCountThatDisagreesWithTheKeysIsAFault() {
        Counts one = Counts.EMPTY.with(new TreeMap<>(java.util.Map.of(Bytes.utf8("a"), 1)));
        SortedMap<Bytes, Integer> two = new TreeMap<>(java.util.Map.of(Bytes.EMPTY, 2));
        assertThrows(CorruptRow.class, () -> one.split(Bytes.EMPTY, two));
        SortedMap<Bytes, Integer> headless = new TreeMap<>(java.util.Map.of(Bytes.utf8("a"), 2));
        assertThrows(CorruptRow.class, () -> Counts.of(headless));
    }

    private Bytes key() {
        byte[] key = new byte[1 + random.nextInt(5)];
        random.nextBytes(key);
        return Bytes.wrap(key);
    }
}
