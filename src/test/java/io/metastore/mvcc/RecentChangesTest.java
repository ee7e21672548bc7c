package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecentChangesTest {
    private record Taken(RecentChanges.Block block, long revision) {}

    @Test
    void undoesChangesBackToARevisionOrSaysThatItCannot() {
        Random random = new Random(3);
        RecentChanges recent = new RecentChanges(10);
        List<LifeChange> all = new ArrayList<>();
        List<Taken> taken = new ArrayList<>();
        long revision = 10;
        int known = 0;
        for (int round = 0; round < 2000; round++) {
            List<LifeChange> chunk = new ArrayList<>();
            long floor = revision;
            for (int i = random.nextInt(120); i > 0; i--) {
                // Some revisions change values only, some several keys.
                revision += random.nextInt(3);
                chunk.add(new LifeChange(Math.max(revision, floor + 1), key(random), random.nextBoolean()));
                revision = Math.max(revision, floor + 1);
            }
            recent.add(floor, chunk);
            all.addAll(chunk);
            taken.add(new Taken(recent.newest(), revision));
            known += round % 4 != 0
                    ? 0
                    : check(random, all, taken.get(Math.max(0, taken.size() - 1 - random.nextInt(20))), revision);
        }
        assertNotEquals(0, known);
        assertEquals(RecentChanges.UNKNOWN, recent.newest().gained(KeyRange.ALL, 10));
    }

    /// Long keys take no more memory than short ones: fewer of them are known.
    @Test
    void boundsBytesAndNotChanges() {
        RecentChanges recent = new RecentChanges(1);
        int length = RecentChanges.BYTES / 8;
        for (int revision = 2; revision <= 21; revision++) {
            recent.add(revision - 1, List.of(new LifeChange(revision, Bytes.wrap(new byte[length]), true)));
        }
        assertEquals(7, recent.newest().gained(KeyRange.ALL, 14));
        assertEquals(RecentChanges.UNKNOWN, recent.newest().gained(KeyRange.ALL, 13));
    }

    /// A chunk that alone is too large is known, and nothing before it.
    @Test
    void keepsTheNewestChunk() {
        RecentChanges recent = new RecentChanges(1);
        recent.add(1, List.of(new LifeChange(2, Bytes.utf8("k"), true)));
        recent.add(2, List.of(new LifeChange(3, Bytes.wrap(new byte[RecentChanges.BYTES]), false)));
        assertEquals(-1, recent.newest().gained(KeyRange.ALL, 2));
        assertEquals(RecentChanges.UNKNOWN, recent.newest().gained(KeyRange.ALL, 1));
    }

    /// Gigabytes of keys may go with one command: they are not remembered, and what comes after them is.
    @Test
    void forgetsAllWhenAChunkIsTooLarge() {
        RecentChanges recent = new RecentChanges(1);
        recent.add(1, List.of(new LifeChange(2, Bytes.utf8("k"), true)));
        // The same key again and again: 4 GiB of changes without as much memory.
        Bytes key = Bytes.wrap(new byte[1 << 20]);
        recent.add(2, Collections.nCopies(4096, new LifeChange(3, key, false)));
        recent.add(3, List.of(new LifeChange(4, Bytes.utf8("l"), true)));
        assertEquals(1, recent.newest().gained(KeyRange.ALL, 3));
        assertEquals(RecentChanges.UNKNOWN, recent.newest().gained(KeyRange.ALL, 2));
        assertEquals(RecentChanges.UNKNOWN, recent.newest().gained(KeyRange.ALL, 1));
    }

    private static int check(Random random, List<LifeChange> all, Taken from, long newest) {
        long at = Math.max(10, from.revision() - random.nextInt(random.nextBoolean() ? 100 : 60_000));
        KeyRange range = random.nextBoolean() ? KeyRange.ALL : new KeyRange(key(random), key(random));
        long gained = from.block().gained(range, at);
        if (gained == RecentChanges.UNKNOWN) {
            return 0;
        }
        long expected = all.stream()
                .filter(change -> change.revision() > at && change.revision() <= from.revision())
                .filter(change -> range.contains(change.key()))
                .mapToLong(change -> change.created() ? 1 : -1)
                .sum();
        assertEquals(
                expected, gained, () -> range + " from " + from.revision() + " back to " + at + ", newest " + newest);
        return 1;
    }

    private static Bytes key(Random random) {
        byte[] key = new byte[1 + random.nextInt(4)];
        random.nextBytes(key);
        return Bytes.wrap(key);
    }
}
