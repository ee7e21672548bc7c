package io.metastore.consensus.jraft;

import io.metastore.consensus.log.FolderNames;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// A small file of text whose last line is a checksum of what stands before it, so that a flipped bit is
/// noticed. It is replaced as a whole and survives a crash.
public final class CheckedText {
    private static final String CHECKSUM = "crc32c ";

    private CheckedText() {}

    /// @param lines without the line of the checksum, each ends with a line feed
    public static void write(Path file, String lines) throws IOException {
        byte[] text = (lines + CHECKSUM + checksum(lines) + "\n").getBytes(StandardCharsets.US_ASCII);
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(text);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        FolderNames.sync(file.getParent());
    }

    /// The lines without the checksum.
    ///
    /// @throws EngineFailure naming the file, when they do not fit it
    public static String read(Path file) throws IOException {
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        int last = text.lastIndexOf(CHECKSUM);
        if (last < 0 || !text.substring(last).equals(CHECKSUM + checksum(text.substring(0, last)) + "\n")) {
            throw new EngineFailure(
                    EngineFailure.Kind.DAMAGED, file + " is damaged: it does not fit its checksum", null);
        }
        return text.substring(0, last);
    }

    private static String checksum(String lines) {
        CRC32C checksum = new CRC32C();
        checksum.update(lines.getBytes(StandardCharsets.ISO_8859_1));
        return "%08x".formatted(checksum.getValue());
    }
}
