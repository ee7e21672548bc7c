package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecentChangesTest {
    private record Change(long revision, Bytes key, boolean created) {}

    private record Taken(RecentChanges.Block block, long revision) {}

    @Test
    void undoesChangesBackToARevisionOrSaysThatItCannot() {
        Random random = new Random(3);
        RecentChanges recent = new RecentChanges(10);
        List<Change> all = new ArrayList<>();
        List<Taken> taken = new ArrayList<>();
        long revision = 10;
        int known = 0;
        for (int round = 0; round < 2000; round++) {
            List<Change> chunk = new ArrayList<>();
            long floor = revision;
            for (int i = random.nextInt(120); i > 0; i--) {
                // Some revisions change values only, some several keys.
                revision += random.nextInt(3);
                chunk.add(new Change(Math.max(revision, floor + 1), key(random), random.nextBoolean()));
                revision = Math.max(revision, floor + 1);
            }
            recent.add(
                    floor,
                    chunk.stream().mapToLong(Change::revision).toArray(),
                    chunk.stream().map(Change::key).toArray(Bytes[]::new),
                    created(chunk));
            all.addAll(chunk);
            taken.add(new Taken(recent.newest(), revision));
            known += round % 4 != 0
                    ? 0
                    : check(random, all, taken.get(Math.max(0, taken.size() - 1 - random.nextInt(20))), revision);
        }
        assertNotEquals(0, known);
        assertEquals(RecentChanges.UNKNOWN, recent.newest().gained(KeyRange.ALL, 10));
    }

    private static int check(Random random, List<Change> all, Taken from, long newest) {
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

    private static boolean[] created(List<Change> chunk) {
        boolean[] created = new boolean[chunk.size()];
        for (int i = 0; i < created.length; i++) {
            created[i] = chunk.get(i).created();
        }
        return created;
    }

    private static Bytes key(Random random) {
        return Bytes.wrap(new byte[] {(byte) random.nextInt(256), (byte) random.nextInt(256)});
    }
}
