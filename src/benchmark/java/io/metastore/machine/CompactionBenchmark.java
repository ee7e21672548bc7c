package io.metastore.machine;

import io.metastore.engine.MeasuredEngine;
import io.metastore.mvcc.Collection;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Measures compactions of small histories, each from the command until everything that it left behind is
/// removed, one shot at a time. A history is made anew before each shot: puts of ten keys in turn, an entry
/// each, behind those of the shots before.
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 30)
@Measurement(iterations = 50)
@Fork(1)
public class CompactionBenchmark {
    private static final int KEYS = 10;
    /// Gives the shipped size of a step.
    private static final int STEP_REVISIONS = 1000;

    /// Holds a store that each shot finds with a new history.
    @State(Scope.Thread)
    public abstract static class History {
        @Param
        public MeasuredEngine engine;

        MeasuredStore measured;
        Collection collection;

        /// Tells where the history of this shot begins: its first put has the revision after this one.
        long base;

        @Setup(Level.Trial)
        public void open() throws IOException {
            measured = new MeasuredStore(engine);
            collection = new Collection(measured.store());
        }

        @TearDown(Level.Trial)
        public void close() throws IOException {
            measured.close();
        }

        final void puts(int count) {
            base = measured.store().state().revision();
            for (int i = 0; i < count; i++) {
                measured.applied(List.of(MeasuredStore.put(Bytes.utf8("key-" + i % KEYS), Bytes.utf8("value-" + i))));
            }
        }

        /// Compacts at the put of this number and removes what that leaves behind.
        final long compact(int put) {
            measured.applied(List.of(new Command.Compact(base + put)));
            long removed = 0;
            while (collection.isDue()) {
                removed += collection.step(STEP_REVISIONS).removed();
            }
            measured.store().republish();
            if (removed == 0) {
                throw new AssertionError("nothing was removed");
            }
            return removed;
        }
    }

    @State(Scope.Thread)
    public static class Hundred extends History {
        @Setup(Level.Iteration)
        public void put() {
            puts(100);
        }
    }

    @State(Scope.Thread)
    public static class Fifty extends History {
        @Setup(Level.Iteration)
        public void put() {
            puts(50);
        }
    }

    @State(Scope.Thread)
    public static class ThreeHundred extends History {
        @Setup(Level.Iteration)
        public void put() {
            puts(300);
        }
    }

    @State(Scope.Thread)
    public static class FifteenHundred extends History {
        @Setup(Level.Iteration)
        public void put() {
            puts(1500);
        }
    }

    /// Adds fifty leases with two keys each.
    @State(Scope.Thread)
    public static class WithLeases extends History {
        private static final int LEASES = 50;
        private final List<Command<?>> revocations = new ArrayList<>();

        @Setup(Level.Iteration)
        public void put() {
            List<Command<?>> grants = new ArrayList<>();
            revocations.clear();
            for (int i = 1; i <= LEASES; i++) {
                grants.add(new Command.LeaseGrant(i, 60));
                for (String half : List.of("a", "b")) {
                    Bytes key = Bytes.utf8("leased-" + i + half);
                    grants.add(new Command.Put(key, Bytes.utf8("value"), i, false, false, false));
                }
                revocations.add(new Command.LeaseRevoke(i, 0));
            }
            measured.applied(grants);
            puts(100);
        }
    }

    @State(Scope.Thread)
    public static class Compacted extends History {
        private List<Command<?>> again;

        @Setup(Level.Iteration)
        public void compactOnce() {
            puts(100);
            compact(50);
            again = List.of(new Command.Compact(base + 50));
        }
    }

    @Benchmark
    public long hundredTo50(Hundred history) {
        return history.compact(50);
    }

    /// Compacts, then reads what must be there still and what must not.
    @Benchmark
    public long fiftyTo40Validated(Fifty history) throws RevisionUnavailable {
        long removed = history.compact(40);
        try (View view = history.measured.store().view()) {
            for (int put = 40; put <= 50; put++) {
                if (read(view, history.base + put) != KEYS) {
                    throw new AssertionError("a key is missing at put " + put);
                }
            }
            try {
                read(view, history.base + 39);
                throw new AssertionError("what was compacted is read");
            } catch (RevisionUnavailable expected) {
                return removed;
            }
        }
    }

    private static int read(View view, long revision) throws RevisionUnavailable {
        return view.range(RangeQuery.all(KeyRange.ALL).withRange(KeyRange.ALL, 0, revision))
                .keyValues()
                .size();
    }

    /// Revokes fifty leases that have run out, with two keys each, and compacts.
    @Benchmark
    public long hundredTo50WithExpiredLeases(WithLeases history) {
        history.measured.applied(history.revocations);
        return history.compact(50);
    }

    @Benchmark
    public long fifteenHundredTo1400(FifteenHundred history) {
        return history.compact(1400);
    }

    @Benchmark
    public long threeInARow(ThreeHundred history) {
        return history.compact(100) + history.compact(200) + history.compact(300);
    }

    /// Compacts where it was compacted before, which is refused.
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    @Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
    @Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
    public Outcome<? extends Result> repeated(Compacted history) {
        Outcome<? extends Result> outcome =
                history.measured.apply(history.again).getFirst();
        if (outcome instanceof Outcome.Done<?>) {
            throw new AssertionError("compacted twice");
        }
        return outcome;
    }
}
