package io.metastore.fuzz;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Makes new inputs of known ones: flips, cuts, repeats, splices, numbers at the edges of their range, and
/// what protobuf calls a nested message around the whole.
public final class Mutator {
    private static final int LENGTH_MAX = 1 << 16;
    private static final int CORPUS_MAX = 2_000;
    private static final long[] EDGES = {
        0,
        1,
        -1,
        0x7f,
        0x80,
        0xff,
        0x100,
        Short.MAX_VALUE,
        0xffff,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    private final Random random;
    private final int original;
    private final List<byte[]> corpus;

    public Mutator(Random random, List<byte[]> corpus) {
        this.random = random;
        this.original = corpus.size();
        this.corpus = new ArrayList<>(corpus);
    }

    public byte[] next() {
        byte[] input = any();
        for (int i = random.nextInt(4); i >= 0; i--) {
            input = mutated(input);
        }
        return input.length <= LENGTH_MAX ? input : Arrays.copyOf(input, LENGTH_MAX);
    }

    /// An input that got further than most: a good place to start from.
    void keep(byte[] input) {
        if (corpus.size() < CORPUS_MAX) {
            corpus.add(input);
        } else {
            corpus.set(original + random.nextInt(CORPUS_MAX - original), input);
        }
    }

    private byte[] any() {
        return corpus.get(random.nextInt(corpus.size()));
    }

    private byte[] mutated(byte[] input) {
        return switch (input.length == 0 ? 3 : random.nextInt(11)) {
            case 0 -> flipped(input);
            case 1 -> with(input, random.nextInt(input.length), (byte) random.nextInt(256));
            case 2 -> Arrays.copyOf(input, random.nextInt(input.length));
            case 3 -> joined(input, at(input), noise(1 + random.nextInt(16)), 0);
            case 4 -> joined(input, at(input), new byte[0], random.nextInt(1 + Math.min(32, input.length)));
            case 5 -> joined(input, at(input), piece(input), 0);
            case 6 -> joined(input, at(input), piece(any()), random.nextInt(1 + input.length));
            case 7 -> edge(input, ByteBuffer.allocate(8).putLong(edge()).array());
            case 8 -> edge(input, ByteBuffer.allocate(4).putInt((int) edge()).array());
            case 9 -> wrapped(input);
            default -> repeated(input);
        };
    }

    private int at(byte[] input) {
        return random.nextInt(input.length + 1);
    }

    private long edge() {
        return EDGES[random.nextInt(EDGES.length)];
    }

    private byte[] noise(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] piece(byte[] input) {
        if (input.length == 0) {
            return input;
        }
        int from = random.nextInt(input.length);
        return Arrays.copyOfRange(input, from, from + 1 + random.nextInt(input.length - from));
    }

    private byte[] flipped(byte[] input) {
        int at = random.nextInt(input.length);
        return with(input, at, (byte) (input[at] ^ 1 << random.nextInt(8)));
    }

    private static byte[] with(byte[] input, int at, byte value) {
        byte[] changed = input.clone();
        changed[at] = value;
        return changed;
    }

    private byte[] edge(byte[] input, byte[] number) {
        byte[] changed = input.clone();
        int at = random.nextInt(input.length);
        System.arraycopy(number, 0, changed, at, Math.min(number.length, input.length - at));
        return changed;
    }

    /// `input` as field 1 to 20 of a message.
    private byte[] wrapped(byte[] input) {
        ByteBuffer wrapped = ByteBuffer.allocate(input.length + 8);
        varint(wrapped, (1 + random.nextInt(20)) << 3 | 2);
        varint(wrapped, input.length);
        wrapped.put(input);
        return Arrays.copyOf(wrapped.array(), wrapped.position());
    }

    private static void varint(ByteBuffer out, int number) {
        int rest = number;
        while (rest >= 0x80) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    private byte[] repeated(byte[] input) {
        byte[] piece = piece(input);
        int times = Math.min(1 + random.nextInt(300), (LENGTH_MAX - input.length) / piece.length);
        byte[] many = new byte[piece.length * Math.max(0, times)];
        for (int i = 0; i < many.length; i += piece.length) {
            System.arraycopy(piece, 0, many, i, piece.length);
        }
        return joined(input, at(input), many, 0);
    }

    /// `input` with `middle` in the place of `dropped` bytes.
    private static byte[] joined(byte[] input, int at, byte[] middle, int dropped) {
        int rest = Math.min(input.length, at + dropped);
        byte[] joined = new byte[at + middle.length + input.length - rest];
        System.arraycopy(input, 0, joined, 0, at);
        System.arraycopy(middle, 0, joined, at, middle.length);
        System.arraycopy(input, rest, joined, at + middle.length, input.length - rest);
        return joined;
    }
}
