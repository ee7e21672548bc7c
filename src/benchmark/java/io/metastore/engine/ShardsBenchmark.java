package io.metastore.engine;

import io.metastore.engine.memory.MemoryEngine;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Measures the memory engine cut into more and fewer shards, while one thread writes, one reads single keys
/// and one reads a hundred in a row.
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class ShardsBenchmark {
    private static final int KEYS = 100_000;
    private static final int RANGE = 100;

    /// Holds an engine whose table of keys is filled.
    @State(Scope.Group)
    public static class Filled {
        @Param({"1", "8", "16"})
        public int shards;

        private final byte[][] keys = new byte[KEYS][];
        private Engine engine;

        @Setup(Level.Trial)
        public void fill() {
            for (int i = 0; i < KEYS; i++) {
                keys[i] = "/registry/pods/default/pod-%06d".formatted(i).getBytes(StandardCharsets.US_ASCII);
            }
            engine = new MemoryEngine(shards);
            for (int from = 0; from < KEYS; from += 1000) {
                WriteBatch batch = engine.newBatch();
                for (int i = from; i < from + 1000; i++) {
                    batch.put(Table.KEYS, keys[i], new byte[256]);
                }
                engine.write(batch);
            }
        }
    }

    /// Gives each thread numbers of its own.
    @State(Scope.Thread)
    public static class Dice {
        private final Random random = new Random(1);
    }

    @Benchmark
    @Group("shards")
    @GroupThreads(1)
    public void write(Filled filled, Dice dice) {
        WriteBatch batch = filled.engine.newBatch();
        batch.put(Table.KEYS, filled.keys[dice.random.nextInt(KEYS)], new byte[256]);
        filled.engine.write(batch);
    }

    @Benchmark
    @Group("shards")
    @GroupThreads(1)
    public byte[] readOne(Filled filled, Dice dice) {
        try (Snapshot now = filled.engine.snapshot()) {
            return now.get(Table.KEYS, filled.keys[dice.random.nextInt(KEYS)]);
        }
    }

    @Benchmark
    @Group("shards")
    @GroupThreads(1)
    public int readHundred(Filled filled, Dice dice) {
        int bytes = 0;
        byte[] first = filled.keys[dice.random.nextInt(KEYS - RANGE)];
        try (Snapshot now = filled.engine.snapshot();
                Cursor rows = now.cursor(Table.KEYS, first, null)) {
            for (int i = 0; i < RANGE && rows.next(); i++) {
                bytes += rows.value().length;
            }
        }
        if (bytes != RANGE * 256) {
            throw new AssertionError("rows of " + bytes + " bytes");
        }
        return bytes;
    }
}
