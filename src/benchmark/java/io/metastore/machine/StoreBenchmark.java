package io.metastore.machine;

import io.metastore.engine.Cursor;
import io.metastore.engine.MeasuredEngine;
import io.metastore.engine.Table;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RangeResult;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Measures puts and ranges through state machine and store, without consensus and without a network. Keys come
/// in an order that a seed fixes.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class StoreBenchmark {
    private static final int BATCH = 100;

    @Param
    public MeasuredEngine engine;

    @Param("100000")
    public int keys;

    @Param("256")
    public int valueBytes;

    private final Random random = new Random(1);
    private final List<Bytes> sorted = new ArrayList<>();
    private Bytes value;
    private MeasuredStore measured;
    private View keptView;
    private Cursor kept;

    @Setup(Level.Trial)
    public void fill() throws IOException {
        byte[] bytes = new byte[valueBytes];
        random.nextBytes(bytes);
        value = Bytes.wrap(bytes);
        for (int i = 0; i < keys; i++) {
            sorted.add(Bytes.utf8("/registry/pods/default/pod-%06d".formatted(i)));
        }
        measured = new MeasuredStore(engine);
        measured.fill(sorted, value);
        keptView = measured.store().view();
        kept = keptView.reads().cursor(Table.KEYS, new byte[0], null);
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        kept.close();
        keptView.close();
        measured.close();
    }

    private Command.Put next() {
        return MeasuredStore.put(sorted.get(random.nextInt(keys)), value);
    }

    /// Measures a put that is an entry and a chunk of its own, as a lonely client's is.
    @Benchmark
    public List<Outcome<? extends Result>> put() {
        return measured.apply(List.of(next()));
    }

    /// Measures a put among a hundred of one entry, as those of many clients are.
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public List<Outcome<? extends Result>> putOfHundred() {
        List<Command<?>> puts = new ArrayList<>(BATCH);
        for (int i = 0; i < BATCH; i++) {
            puts.add(next());
        }
        return measured.apply(puts);
    }

    @Benchmark
    public RangeResult rangeOfOneKey() throws RevisionUnavailable {
        return range(KeyRange.single(sorted.get(random.nextInt(keys))), 1);
    }

    @Benchmark
    public RangeResult rangeOfHundredKeys() throws RevisionUnavailable {
        int first = random.nextInt(keys - BATCH);
        return range(new KeyRange(sorted.get(first), sorted.get(first + BATCH)), BATCH);
    }

    /// Measures what opening a cursor costs a range: one is opened, stands on a key and is closed.
    @Benchmark
    public byte[] cursorOpened() {
        byte[] first = sorted.get(random.nextInt(keys)).array();
        try (View view = measured.store().view();
                Cursor cursor = view.reads().cursor(Table.KEYS, first, null)) {
            cursor.next();
            return cursor.key();
        }
    }

    /// Measures what would be left if cursors were kept: one that is open already stands on a key.
    @Benchmark
    public byte[] cursorKept() {
        byte[] first = sorted.get(random.nextInt(keys)).array();
        kept.skipTo(first);
        if (!kept.next() || !Arrays.equals(first, kept.key())) {
            throw new AssertionError("the cursor stands elsewhere");
        }
        return kept.key();
    }

    private RangeResult range(KeyRange range, int expected) throws RevisionUnavailable {
        try (View view = measured.store().view()) {
            RangeResult result = view.range(RangeQuery.all(range));
            if (result.keyValues().size() != expected) {
                throw new AssertionError(result.keyValues().size() + " pairs instead of " + expected);
            }
            return result;
        }
    }
}
