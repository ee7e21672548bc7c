package io.metastore.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.metastore.client.UsageException;
import java.nio.charset.StandardCharsets;

/// Names keys: a prefix and a number in decimal, filled with zeros to a fixed length, so that keys sort as
/// their numbers do.
///
/// @param prefix  what all keys begin with
/// @param size    length of a whole key in bytes
/// @param space   how many different keys there are
record Keys(String prefix, int size, long space) {
    static final String ROOT = "bench/";

    Keys {
        int digits = size - prefix.length();
        if (digits < String.valueOf(space - 1).length()) {
            throw new UsageException("--key-size is " + size + ", too short for the prefix '" + prefix + "' and "
                    + space + " different keys; at least "
                    + (prefix.length() + String.valueOf(space - 1).length()));
        }
    }

    ByteString key(long number) {
        byte[] bytes = new byte[size];
        byte[] head = prefix.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(head, 0, bytes, 0, head.length);
        long rest = Math.floorMod(number, space);
        for (int i = size - 1; i >= head.length; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    ByteString start() {
        return ByteString.copyFrom(prefix, StandardCharsets.ISO_8859_1);
    }

    /// The first key behind all keys of the prefix.
    ByteString end() {
        byte[] bytes = prefix.getBytes(StandardCharsets.ISO_8859_1);
        bytes[bytes.length - 1]++;
        return UnsafeByteOperations.unsafeWrap(bytes);
    }
}
