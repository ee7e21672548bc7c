package io.metastore.durability;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/// A file system of its own that a test may fill: ext4 in a file, with `-Dmetastore.disk=tmpfs` in memory. Needs the
/// right to mount.
final class OwnDisk implements AutoCloseable {
    private final Path folder;

    private OwnDisk(Path folder) {
        this.folder = folder;
    }

    /// Mounts one of so many MiB, or skips the test with the reason.
    static OwnDisk ofMib(Path parent, int mib) throws IOException {
        Path folder = Files.createDirectory(parent.resolve("disk"));
        if (System.getProperty("metastore.disk", "ext4").equals("tmpfs")) {
            needs("mount", "-t", "tmpfs", "-o", "size=" + mib + "m", "tmpfs", folder.toString());
        } else {
            Path image = parent.resolve("image");
            needs("truncate", "-s", mib + "M", image.toString());
            needs("mkfs.ext4", "-q", "-m", "0", image.toString());
            needs("mount", "-o", "loop", image.toString(), folder.toString());
        }
        return new OwnDisk(folder);
    }

    Path folder() {
        return folder;
    }

    long usable() {
        try {
            return Files.getFileStore(folder).getUsableSpace();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Takes what is left with a file of another program, at once: the room that a member gives up when it notices is
    /// the member's.
    Path fill() throws IOException {
        Path file = folder.resolve("of-another-program");
        needs("fallocate", "-l", Long.toString(usable() - (1 << 20)), file.toString());
        byte[] page = new byte[4096];
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
            // Ends, since the disk does.
            while (true) {
                out.write(page);
            }
        } catch (IOException full) {
            return file;
        }
    }

    private static void needs(String... command) throws IOException {
        List<String> said = new ArrayList<>();
        int status = run(said, command);
        Assumptions.assumeTrue(status == 0, () -> String.join(" ", command) + ": " + said);
    }

    private static int run(List<String> said, String... command) throws IOException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            said.add(new String(process.getInputStream().readAllBytes()).strip());
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        List<String> said = new ArrayList<>();
        if (run(said, "umount", folder.toString()) != 0) {
            throw new IOException("umount " + folder + ": " + said);
        }
    }
}
