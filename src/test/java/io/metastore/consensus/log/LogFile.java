package io.metastore.consensus.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What tests do to the files of a log.
final class LogFile {
    private LogFile() {}

    /// Files in use, the oldest first.
    static List<Path> inUse(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        }
    }

    static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    static void delete(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// How many sectors differ, and which.
    static List<Integer> differing(byte[] before, byte[] after) {
        return Stream.iterate(0, sector -> sector < after.length / 512, sector -> sector + 1)
                .filter(sector -> !java.util.Arrays.equals(
                        before, sector * 512, sector * 512 + 512, after, sector * 512, sector * 512 + 512))
                .toList();
    }
}
