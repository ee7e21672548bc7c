package io.metastore.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.SplittableRandom;

/// The values that are written: slices of one random block, so that no server gains from compressing them
/// and no call copies them twice.
final class Payload {
    private static final int SPARE = 64 * 1024;

    private final byte[] block;
    private final int size;

    Payload(int size, long seed) {
        this.size = size;
        this.block = new byte[size + SPARE];
        new SplittableRandom(seed).nextBytes(block);
    }

    int size() {
        return size;
    }

    /// A value, another one for (nearly) every number; shares the block's memory, nobody may change it.
    ByteString value(long number) {
        int offset = (int) Math.floorMod(number * 31, (long) SPARE);
        return UnsafeByteOperations.unsafeWrap(block, offset, size);
    }
}
