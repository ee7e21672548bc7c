package io.metastore.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WatcherIndexTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void findsWhatAWalkOverAllWatchersFinds(long seed) {
        Random random = new Random(seed);
        WatcherIndex index = new WatcherIndex();
        List<Watcher> all = new ArrayList<>();
        for (int step = 0; step < 4000; step++) {
            if (all.isEmpty() || random.nextInt(5) < 3) {
                Watcher watcher = new Watcher(null, step, WatchSpec.of(range(random), 0), 1);
                all.add(watcher);
                index.add(watcher);
            } else {
                index.remove(all.remove(random.nextInt(all.size())));
            }
            Bytes key = key(random);
            Set<Watcher> found = new HashSet<>();
            index.visit(key, group -> {
                for (int i = 0; i < group.size(); i++) {
                    assertTrue(found.add(group.get(i)), "found twice");
                }
            });
            Set<Watcher> expected = new HashSet<>(
                    all.stream().filter(w -> w.spec().range().contains(key)).toList());
            assertEquals(expected, found, "step " + step);
        }
        all.forEach(index::remove);
        assertTrue(index.isEmpty());
    }

    private static KeyRange range(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> KeyRange.single(key(random));
            case 1 -> new KeyRange(key(random), null);
            case 2 -> KeyRange.ALL;
            default -> {
                Bytes a = key(random);
                Bytes b = key(random);
                yield a.compareTo(b) < 0 ? new KeyRange(a, b) : KeyRange.single(a);
            }
        };
    }

    private static Bytes key(Random random) {
        byte[] key = new byte[1 + random.nextInt(3)];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (random.nextInt(5) * 60);
        }
        return Bytes.wrap(key);
    }
}
