package io.metastore.mvcc;

import io.metastore.value.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// How many live keys there are, by runs of neighbouring keys, so that counting a range reads only the two
/// runs at its ends. Immutable: a change makes a new root that shares what it did not touch, and a view keeps
/// its root.
///
/// A run starts at its first possible key and reaches to the next run's start; the first starts at the empty
/// key. Runs are kept in leaves of at most [#LEAF_MAX]; the root knows how many keys lie before each leaf.
///
/// ```
/// runs    [""  90] ["e" 120] ["m" 100] ["t" 60]
/// count b..o  =  walk b.."e"  +  120  +  walk "m"..o
/// ```
final class Counts {
    /// A run with more keys than this is split.
    static final int RUN_MAX = 256;

    private static final int LEAF_MAX = 256;

    static final Counts EMPTY = new Counts(new Leaf[] {new Leaf(new Bytes[] {Bytes.EMPTY}, new int[] {0})});

    private final Leaf[] leaves;
    /// Keys before each leaf; one element more than leaves, the last is the total.
    private final long[] before;

    private Counts(Leaf[] leaves) {
        this.leaves = leaves;
        this.before = new long[leaves.length + 1];
        for (int i = 0; i < leaves.length; i++) {
            before[i + 1] = before[i] + leaves[i].total;
        }
    }

    private static final class Leaf {
        private final Bytes[] starts;
        private final int[] counts;
        private final long total;

        private Leaf(Bytes[] starts, int[] counts) {
            this.starts = starts;
            this.counts = counts;
            long sum = 0;
            for (int count : counts) {
                sum += count;
            }
            this.total = sum;
        }
    }

    /// Where a key lies: before it are `keysBefore` keys of whole runs, and the keys of its own run from
    /// `runStart` on.
    record Position(Bytes runStart, long keysBefore) {}

    Position position(Bytes key) {
        Leaf leaf = leaves[leafOf(key)];
        int run = floor(leaf.starts, key);
        long keysBefore = before[leafOf(key)];
        for (int i = 0; i < run; i++) {
            keysBefore += leaf.counts[i];
        }
        return new Position(leaf.starts[run], keysBefore);
    }

    long total() {
        return before[leaves.length];
    }

    /// The root after `deltas`: how many more (or fewer) live keys each key stands for, 1 or -1.
    Counts with(SortedMap<Bytes, Integer> deltas) {
        if (deltas.isEmpty()) {
            return this;
        }
        List<Leaf> changed = new ArrayList<>(leaves.length + 1);
        var rest = deltas.entrySet().iterator();
        Map.Entry<Bytes, Integer> delta = rest.next();
        for (int i = 0; i < leaves.length; i++) {
            Bytes end = i + 1 < leaves.length ? leaves[i + 1].starts[0] : null;
            int[] counts = null;
            while (delta != null && (end == null || delta.getKey().compareTo(end) < 0)) {
                counts = counts == null ? leaves[i].counts.clone() : counts;
                counts[floor(leaves[i].starts, delta.getKey())] += delta.getValue();
                delta = rest.hasNext() ? rest.next() : null;
            }
            changed.addAll(counts == null ? List.of(leaves[i]) : tidy(leaves[i].starts, counts));
        }
        return new Counts(changed.toArray(Leaf[]::new));
    }

    /// Joins neighbouring runs that have become small, and divides a leaf that has become large. The first run
    /// of a leaf stays, it is where the leaf begins.
    private static List<Leaf> tidy(Bytes[] starts, int[] counts) {
        List<Bytes> keptStarts = new ArrayList<>(starts.length);
        List<Integer> keptCounts = new ArrayList<>(starts.length);
        for (int i = 0; i < starts.length; i++) {
            int last = keptCounts.size() - 1;
            if (last >= 0 && keptCounts.get(last) + counts[i] <= RUN_MAX / 4) {
                keptCounts.set(last, keptCounts.get(last) + counts[i]);
            } else {
                keptStarts.add(starts[i]);
                keptCounts.add(counts[i]);
            }
        }
        return divide(keptStarts, keptCounts);
    }

    private static List<Leaf> divide(List<Bytes> starts, List<Integer> counts) {
        int parts = (starts.size() + LEAF_MAX - 1) / LEAF_MAX;
        List<Leaf> leaves = new ArrayList<>(parts);
        for (int part = 0; part < parts; part++) {
            int from = (int) ((long) starts.size() * part / parts);
            int to = (int) ((long) starts.size() * (part + 1) / parts);
            leaves.add(new Leaf(
                    starts.subList(from, to).toArray(Bytes[]::new),
                    counts.subList(from, to).stream()
                            .mapToInt(Integer::intValue)
                            .toArray()));
        }
        return leaves;
    }

    /// Starts of the runs that hold more than [#RUN_MAX] keys, among those that `keys` lie in.
    Set<Bytes> oversized(Iterable<Bytes> keys) {
        Set<Bytes> found = new TreeSet<>();
        for (Bytes key : keys) {
            Leaf leaf = leaves[leafOf(key)];
            int run = floor(leaf.starts, key);
            if (leaf.counts[run] > RUN_MAX) {
                found.add(leaf.starts[run]);
            }
        }
        return found;
    }

    /// Starts of all runs that hold more than [#RUN_MAX] keys.
    Set<Bytes> oversized() {
        Set<Bytes> found = new TreeSet<>();
        for (Leaf leaf : leaves) {
            for (int run = 0; run < leaf.counts.length; run++) {
                if (leaf.counts[run] > RUN_MAX) {
                    found.add(leaf.starts[run]);
                }
            }
        }
        return found;
    }

    /// Where the run that starts at `start` ends, null for the last run.
    Bytes endOf(Bytes start) {
        int leaf = leafOf(start);
        int run = floor(leaves[leaf].starts, start);
        if (run + 1 < leaves[leaf].starts.length) {
            return leaves[leaf].starts[run + 1];
        }
        return leaf + 1 < leaves.length ? leaves[leaf + 1].starts[0] : null;
    }

    /// The root with the run at `start` replaced by `runs`, whose first start is `start`.
    Counts split(Bytes start, SortedMap<Bytes, Integer> runs) {
        int at = leafOf(start);
        Leaf leaf = leaves[at];
        int run = floor(leaf.starts, start);
        int recounted = runs.values().stream().mapToInt(Integer::intValue).sum();
        if (recounted != leaf.counts[run]) {
            throw new CorruptRow("the run of keys from " + start + " holds " + recounted + " keys where "
                    + leaf.counts[run] + " were counted");
        }
        List<Bytes> starts = new ArrayList<>(Arrays.asList(leaf.starts));
        List<Integer> counts =
                new ArrayList<>(Arrays.stream(leaf.counts).boxed().toList());
        starts.remove(run);
        counts.remove(run);
        starts.addAll(run, runs.keySet());
        counts.addAll(run, runs.values());
        List<Leaf> changed = new ArrayList<>(Arrays.asList(leaves));
        changed.remove(at);
        changed.addAll(at, divide(starts, counts));
        return new Counts(changed.toArray(Leaf[]::new));
    }

    /// Rows to write so that the table `counts`, which holds `stored`, comes to hold this root: null deletes
    /// a row.
    SortedMap<Bytes, Integer> changesSince(Counts stored) {
        Set<Leaf> same = Collections.newSetFromMap(new IdentityHashMap<>());
        Collections.addAll(same, stored.leaves);
        Set<Leaf> kept = Collections.newSetFromMap(new IdentityHashMap<>());
        SortedMap<Bytes, Integer> changes = new TreeMap<>();
        for (Leaf leaf : leaves) {
            if (same.contains(leaf)) {
                kept.add(leaf);
            }
        }
        for (Leaf leaf : stored.leaves) {
            if (!kept.contains(leaf)) {
                for (Bytes start : leaf.starts) {
                    changes.put(start, null);
                }
            }
        }
        for (Leaf leaf : leaves) {
            if (!kept.contains(leaf)) {
                for (int i = 0; i < leaf.starts.length; i++) {
                    changes.put(leaf.starts[i], leaf.counts[i]);
                }
            }
        }
        return changes;
    }

    /// The root that stored `runs` stand for.
    static Counts of(SortedMap<Bytes, Integer> runs) {
        if (runs.isEmpty()) {
            return EMPTY;
        }
        if (!runs.firstKey().isEmpty()) {
            throw new CorruptRow("the first run of counts starts at " + runs.firstKey() + " instead of the empty key");
        }
        return new Counts(divide(new ArrayList<>(runs.keySet()), new ArrayList<>(runs.values()))
                .toArray(Leaf[]::new));
    }

    private int leafOf(Bytes key) {
        int low = 0;
        int high = leaves.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (leaves[middle].starts[0].compareTo(key) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private static int floor(Bytes[] starts, Bytes key) {
        int found = Arrays.binarySearch(starts, key);
        return found >= 0 ? found : -found - 2;
    }
}
