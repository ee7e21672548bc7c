package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.value.Bytes;
import io.metastore.value.Revision;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VersionRowTest {
    private static final byte[] ALPHABET = {0, 1, 2, 'k', (byte) 0xfe, (byte) 0xff};

    private final Random random = new Random(11);

    /// Rows sort by user key first, then newest version first.
    @Test
    void rowsSortAsKeysAndThenNewestFirst() {
        for (int i = 0; i < 200_000; i++) {
            Bytes a = key();
            Bytes b = random.nextInt(4) == 0 ? a : key();
            Revision versionOfA = revision();
            Revision versionOfB = revision();
            int keys = a.compareTo(b);
            int expected = keys != 0 ? keys : versionOfB.compareTo(versionOfA);
            int actual = Arrays.compareUnsigned(row(a, versionOfA), row(b, versionOfB));
            assertEquals(
                    Integer.signum(expected),
                    Integer.signum(actual),
                    () -> a + "@" + versionOfA + " and " + b + "@" + versionOfB);
        }
    }

    @Test
    void boundsEncloseTheRowsOfTheirKeysAndNoOthers() {
        for (int i = 0; i < 200_000; i++) {
            Bytes bound = key();
            Bytes key = random.nextInt(4) == 0 ? bound : key();
            byte[] row = row(key, revision());
            boolean atOrAbove = Arrays.compareUnsigned(row, VersionRow.lowerBound(bound)) >= 0;
            assertEquals(key.compareTo(bound) >= 0, atOrAbove, () -> key + " from " + bound);
            boolean behind = Arrays.compareUnsigned(row, VersionRow.behind(bound)) >= 0;
            assertEquals(key.compareTo(bound) > 0, behind, () -> key + " behind " + bound);
        }
    }

    @Test
    void keysAndVersionsComeBack() {
        for (int i = 0; i < 50_000; i++) {
            Bytes key = key();
            Revision version = revision();
            assertEquals(key, VersionRow.userKey(row(key, version)));
            assertEquals(version, VersionRow.version(row(key, version)));
            byte[] newest = VersionRow.newestUpTo(key, version.main());
            assertTrue(Arrays.compareUnsigned(newest, row(key, version)) <= 0);
            assertTrue(Arrays.compareUnsigned(newest, row(key, new Revision(version.main() + 1, 0))) > 0);
        }
    }

    private static byte[] row(Bytes key, Revision version) {
        return VersionRow.key(key, version.main(), version.sub());
    }

    private Bytes key() {
        byte[] key = new byte[1 + random.nextInt(4)];
        for (int i = 0; i < key.length; i++) {
            key[i] = ALPHABET[random.nextInt(ALPHABET.length)];
        }
        return Bytes.wrap(key);
    }

    private Revision revision() {
        return new Revision(1 + random.nextInt(400), random.nextInt(3));
    }
}
