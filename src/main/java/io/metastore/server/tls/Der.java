package io.metastore.server.tls;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The little of ASN.1's distinguished encoding that keys and certificates of our own need.
final class Der {
    static final int INTEGER = 0x02;
    static final int BIT_STRING = 0x03;
    static final int OCTET_STRING = 0x04;
    static final int OID = 0x06;
    static final int UTF8_STRING = 0x0c;
    static final int GENERALIZED_TIME = 0x18;
    static final int SEQUENCE = 0x30;
    static final int SET = 0x31;

    private Der() {}

    /// One value: its tag, its length, its content from `parts` in a row.
    static byte[] value(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        int length = content.size();
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.write(tag);
        if (length < 0x80) {
            whole.write(length);
        } else {
            int bytes = (39 - Integer.numberOfLeadingZeros(length)) / 8;
            whole.write(0x80 | bytes);
            for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
                whole.write(length >>> shift);
            }
        }
        whole.writeBytes(content.toByteArray());
        return whole.toByteArray();
    }

    static byte[] sequence(byte[]... parts) {
        return value(SEQUENCE, parts);
    }

    static byte[] bits(byte[] content) {
        return value(BIT_STRING, new byte[] {0}, content);
    }

    static byte[] text(int tag, String text) {
        return value(tag, text.getBytes(StandardCharsets.UTF_8));
    }

    /// An object identifier such as `1.2.840.10045.4.3.2`.
    static byte[] oid(String dotted) {
        String[] arcs = dotted.split("\\.");
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(40 * Integer.parseInt(arcs[0]) + Integer.parseInt(arcs[1]));
        for (int i = 2; i < arcs.length; i++) {
            long arc = Long.parseLong(arcs[i]);
            int groups = Math.max(1, (70 - Long.numberOfLeadingZeros(arc)) / 7);
            for (int group = groups - 1; group >= 0; group--) {
                content.write((int) (arc >>> (7 * group) & 0x7f) | (group == 0 ? 0 : 0x80));
            }
        }
        return value(OID, content.toByteArray());
    }

    /// A value that was read.
    ///
    /// @param whole with tag and length
    record Read(int tag, byte[] content, byte[] whole) {}

    /// The values that stand one behind the other in `der`.
    ///
    /// @throws IllegalArgumentException when it is not well-formed
    static List<Read> values(byte[] der) {
        List<Read> values = new ArrayList<>();
        int at = 0;
        while (at < der.length) {
            int start = at;
            int tag = der[at++] & 0xff;
            int length = at < der.length ? der[at++] & 0xff : -1;
            if (length > 0x83) {
                throw new IllegalArgumentException("a value is too long");
            }
            if (length >= 0x80) {
                int bytes = length & 0x7f;
                length = 0;
                for (int i = 0; i < bytes && at < der.length; i++) {
                    length = length << 8 | der[at++] & 0xff;
                }
            }
            if (length < 0 || length > der.length - at) {
                throw new IllegalArgumentException("a value is cut off");
            }
            byte[] content = java.util.Arrays.copyOfRange(der, at, at + length);
            at += length;
            values.add(new Read(tag, content, java.util.Arrays.copyOfRange(der, start, at)));
        }
        return values;
    }
}
