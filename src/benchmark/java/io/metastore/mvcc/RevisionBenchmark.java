package io.metastore.mvcc;

import io.metastore.engine.MeasuredEngine;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.machine.MeasuredStore;
import io.metastore.value.Bytes;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Compares reading the store's revision, which the newest view holds, with reading the row that keeps it in
/// the engine.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class RevisionBenchmark {
    @Param
    public MeasuredEngine engine;

    private MeasuredStore measured;

    @Setup
    public void open() throws IOException {
        measured = new MeasuredStore(engine);
        measured.fill(List.of(Bytes.utf8("a"), Bytes.utf8("b")), Bytes.utf8("value"));
        if (cached() != 3 || stored() != 3) {
            throw new AssertionError("the revision is " + cached() + ", and " + stored() + " in the engine");
        }
    }

    @TearDown
    public void close() throws IOException {
        measured.close();
    }

    @Benchmark
    public long cached() {
        return measured.store().state().revision();
    }

    @Benchmark
    public long stored() {
        try (Snapshot now = measured.engine().snapshot()) {
            return StateRow.read(name -> now.get(Table.META, name)).revision();
        }
    }
}
