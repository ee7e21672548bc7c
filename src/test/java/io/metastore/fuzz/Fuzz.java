package io.metastore.fuzz;

import static org.junit.jupiter.api.Assertions.fail;

import java.lang.management.ManagementFactory;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// Feeds a decoder with inputs made of valid ones, for `-Dfuzz.seconds` (default 1) from a printed `-Dseed`.
///
/// A decoder may take an input or refuse it with its documented exception. Anything else fails, with the
/// input: another exception, an error such as an exhausted stack, more memory than the input justifies, or no
/// end.
public final class Fuzz {
    private static final long SECONDS = Long.getLong("fuzz.seconds", 1);
    private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int SHOWN_BYTES = 2_000;

    private final String name;
    private final Class<? extends Throwable> refusal;
    private final long baseBytes;
    private final long bytesPerByte;

    private volatile byte[] current = {};
    private volatile long currentSince = System.nanoTime();
    private volatile Throwable broken;
    private boolean validMayBeRefused;
    private long inputs;
    private long taken;
    private long mostBytes;

    /// A decoder under test.
    public interface Decoder {
        /// Takes the input, or throws the documented exception.
        void take(byte[] input) throws Exception;
    }

    private Fuzz(String name, Class<? extends Throwable> refusal, long baseBytes, long bytesPerByte) {
        this.name = name;
        this.refusal = refusal;
        this.baseBytes = baseBytes;
        this.bytesPerByte = bytesPerByte;
    }

    /// A decoder that may allocate 256 KiB and 200 bytes for each byte of input.
    public static Fuzz of(String name, Class<? extends Throwable> refusal) {
        return new Fuzz(name, refusal, 256 << 10, 200);
    }

    /// The same with limits of its own on what one input may allocate.
    public Fuzz allocating(long base, long perByte) {
        return new Fuzz(name, refusal, base, perByte);
    }

    /// The corpus is of inputs of which some are refused.
    public Fuzz refusingValid() {
        validMayBeRefused = true;
        return this;
    }

    public void run(List<byte[]> corpus, Decoder decoder) {
        long seed = Long.getLong("seed", new Random().nextLong(1_000_000));
        System.out.println("fuzzing " + name + " for " + SECONDS + " s, seed " + seed);
        Mutator mutator = new Mutator(new Random(seed), corpus);
        Thread thread = Thread.ofPlatform().daemon().unstarted(() -> loop(corpus, mutator, decoder));
        currentSince = System.nanoTime();
        thread.start();
        try {
            while (thread.isAlive()) {
                thread.join(200);
                if (thread.isAlive() && System.nanoTime() - currentSince > HANG_NANOS) {
                    StringBuilder where = new StringBuilder();
                    for (StackTraceElement frame : thread.getStackTrace()) {
                        where.append("\n  at ").append(frame);
                    }
                    fail(name + ", seed " + seed + ": no end with " + shown() + where);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(e);
        }
        System.out.printf(
                "%s: %d inputs, %d taken, most bytes allocated for one: %d%n", name, inputs, taken, mostBytes);
        if (broken != null) {
            fail(name + ", seed " + seed + ": " + broken + " with " + shown(), broken);
        }
    }

    private String shown() {
        byte[] input = current;
        String hex = HexFormat.of().formatHex(input, 0, Math.min(input.length, SHOWN_BYTES));
        return input.length + " bytes " + hex;
    }

    private void loop(List<byte[]> corpus, Mutator mutator, Decoder decoder) {
        try {
            for (byte[] valid : corpus) {
                if (!take(valid, decoder) && !validMayBeRefused) {
                    throw new AssertionError("a valid input was refused");
                }
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (System.nanoTime() < end) {
                byte[] input = mutator.next();
                if (take(input, decoder)) {
                    taken++;
                    mutator.keep(input);
                }
            }
        } catch (Throwable e) {
            broken = e;
        }
    }

    private boolean take(byte[] input, Decoder decoder) throws Exception {
        current = input;
        currentSince = System.nanoTime();
        inputs++;
        long before = allocated();
        boolean accepted = true;
        try {
            decoder.take(input);
        } catch (Exception e) {
            if (!refusal.isInstance(e)) {
                throw e;
            }
            accepted = false;
        }
        long used = allocated() - before;
        mostBytes = Math.max(mostBytes, used);
        // The first inputs load classes.
        if (inputs > 1_000 && used > baseBytes + bytesPerByte * input.length) {
            throw new AssertionError("allocated " + used + " bytes");
        }
        return accepted;
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
