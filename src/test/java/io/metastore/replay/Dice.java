package io.metastore.replay;

import com.google.protobuf.ByteString;
import java.util.Random;

/// Random keys, values, revisions and leases, drawn so that they often meet.
final class Dice {
    private static final byte[] ALPHABET = {'a', 'b', 'c', 'd', 0, (byte) 0xff};
    private static final long[] LEASES = {1, 2, 3, 4, 5, 255, 256, -1, Long.MIN_VALUE, Long.MAX_VALUE};
    private static final int DRAWN_LEASES = 6;

    private final Random random;
    /// How long keys get: one of few hot keys, or one of a thousand.
    private final int keyLength;

    Dice(long seed) {
        random = new Random(seed);
        keyLength = 1 + random.nextInt(4);
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    boolean oneIn(int many) {
        return random.nextInt(many) == 0;
    }

    ByteString key() {
        if (oneIn(400)) {
            return ByteString.EMPTY;
        }
        byte[] key = new byte[1 + random.nextInt(keyLength)];
        for (int i = 0; i < key.length; i++) {
            key[i] = ALPHABET[chance(90) ? random.nextInt(4) : random.nextInt(ALPHABET.length)];
        }
        return ByteString.copyFrom(key);
    }

    /// The end of a range: none, "from the key on", a prefix, or any other key, also one before the start.
    ByteString end(ByteString key) {
        int dice = random.nextInt(100);
        if (dice < 30) {
            return ByteString.EMPTY;
        } else if (dice < 45) {
            return ByteString.copyFrom(new byte[1]);
        }
        return dice < 65 ? key() : prefixEnd(key);
    }

    /// The end of the keys that start with a key.
    static ByteString prefixEnd(ByteString key) {
        if (key.isEmpty()) {
            return ByteString.copyFrom(new byte[1]);
        }
        byte[] end = key.toByteArray();
        end[end.length - 1]++;
        return ByteString.copyFrom(end);
    }

    ByteString value() {
        int length;
        if (chance(70)) {
            length = random.nextInt(3);
        } else if (oneIn(2000)) {
            length = 700_000 + random.nextInt(5) * 230_000;
        } else {
            length = chance(80) ? random.nextInt(60) : 900 + random.nextInt(400);
        }
        byte[] value = new byte[length];
        if (length < 60) {
            for (int i = 0; i < length; i++) {
                value[i] = (byte) ('0' + random.nextInt(4));
            }
        } else {
            random.nextBytes(value);
        }
        return ByteString.copyFrom(value);
    }

    /// A lease that may be attached to keys: with an id of the client's choice.
    long lease() {
        return LEASES[random.nextInt(LEASES.length)];
    }

    /// Any lease, also one whose id the server drew.
    long anyLease() {
        return chance(75) ? lease() : Symbol.DRAWN_LEASE.plus(random.nextInt(DRAWN_LEASES));
    }

    /// Around the newest and the compacted revision, and anywhere between; sometimes without sense.
    long revision() {
        return switch (random.nextInt(12)) {
            case 0 -> Symbol.COMPACTED.plus(random.nextInt(4) - 1);
            case 1 -> Symbol.LATEST.plus(random.nextInt(4) - 1);
            case 2 -> oneIn(4) ? -1 - random.nextInt(3) : Symbol.LATEST.plus(0);
            case 3, 4, 5 -> Symbol.LATEST.plus(-random.nextInt(30));
            case 6 -> oneIn(8) ? random.nextInt(3) : Symbol.LATEST.plus(-random.nextInt(5));
            default -> Symbol.BETWEEN.plus(random.nextInt(1001));
        };
    }
}
