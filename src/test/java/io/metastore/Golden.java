package io.metastore;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// Bytes as some version of the program wrote them, kept as hexadecimal text. What is here must stay readable
/// for ever: a file is never changed, a new format gets a new one. Before v0.2.0 a format of rows may end, and
/// its files with its reader.
public final class Golden {
    private Golden() {}

    /// The bytes of `golden/<name>.hex`.
    public static byte[] bytes(String name) {
        try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name + ".hex")) {
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
