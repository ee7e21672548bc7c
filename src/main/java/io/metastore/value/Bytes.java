package io.metastore.value;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/// An immutable byte string, ordered as unsigned bytes: the order of keys.
///
/// [#wrap] and [#array] share the array with the caller to save a copy; whoever shares one never writes to
/// it again.
public final class Bytes implements Comparable<Bytes> {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] data;
    private int hash;

    private Bytes(byte[] data) {
        this.data = data;
    }

    /// Takes over `data`; the caller must not change it afterwards.
    public static Bytes wrap(byte[] data) {
        return data.length == 0 ? EMPTY : new Bytes(data);
    }

    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The backing array, for reading only.
    public byte[] array() {
        return data;
    }

    public int length() {
        return data.length;
    }

    public boolean isEmpty() {
        return data.length == 0;
    }

    /// The smallest byte string that is greater than this one: one 0x00 more.
    public Bytes successor() {
        return new Bytes(Arrays.copyOf(data, data.length + 1));
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(data, other.data);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(data, bytes.data);
    }

    @Override
    public int hashCode() {
        if (hash == 0) {
            hash = Arrays.hashCode(data);
        }
        return hash;
    }

    /// Text when every byte is printable ASCII, hexadecimal otherwise: for messages, not for parsing.
    @Override
    public String toString() {
        for (byte b : data) {
            if (b < 0x20 || b > 0x7e) {
                return "0x" + HexFormat.of().formatHex(data);
            }
        }
        return new String(data, StandardCharsets.US_ASCII);
    }
}
