package io.metastore.durability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// What a disk can do to a member's folder.
///
/// @param data the member's data-dir
record DataFolder(Path data) {
    Path state() {
        return data.resolve("member/state");
    }

    Path log() {
        return data.resolve("member/raft/log");
    }

    Path vote() {
        return data.resolve("member/raft/meta/vote");
    }

    Path snapshot() {
        return only(data.resolve("member/raft/snapshot"), "snapshot_\\d+");
    }

    /// The newest file in a folder whose name matches.
    static Path only(Path folder, String pattern) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches(pattern))
                    .max(Comparator.naturalOrder())
                    .orElseThrow(() -> new AssertionError("no file " + pattern + " in " + folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A copy in which no file is linked to another.
    DataFolder copyTo(Path target) {
        try (Stream<Path> paths = Files.walk(data)) {
            for (Path path : paths.toList()) {
                Files.copy(path, target.resolve(data.relativize(path).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new DataFolder(target);
    }

    /// Flips one bit; a negative offset counts from the end.
    static void flip(Path file, int offset, int bit) {
        edit(file, content -> {
            content[offset < 0 ? content.length + offset : offset] ^= (byte) (1 << bit);
            return content;
        });
    }

    /// Flips a bit in the first place where `text` stands; false when it does not stand there.
    static boolean flipWithin(Path file, String text) {
        int at = find(file, text);
        if (at >= 0) {
            flip(file, at, 0);
        }
        return at >= 0;
    }

    static boolean contains(Path file, String text) {
        return find(file, text) >= 0;
    }

    private static int find(Path file, String text) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).indexOf(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void cut(Path file, int bytes) {
        edit(file, content -> Arrays.copyOf(content, content.length - bytes));
    }

    /// What may be done to the bytes of a file.
    interface Edit {
        byte[] of(byte[] content);
    }

    static void edit(Path file, Edit edit) {
        try {
            Files.write(file, edit.of(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where the frames of a file of the raft log begin: sectors of 512 bytes, the first of a frame with its mark and
    /// its header, in which the length of its body stands.
    static List<Integer> frames(Path log) {
        ByteBuffer content;
        try {
            content = ByteBuffer.wrap(Files.readAllBytes(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Integer> frames = new ArrayList<>();
        for (int at = 512; content.getInt(at) != 0; ) {
            frames.add(at);
            int bytes = 36 + content.getInt(at + 4 + 28);
            at += (bytes + 507) / 508 * 512;
        }
        return frames;
    }

    /// Where the records of a manifest of one block begin.
    static List<Integer> records(Path manifest) {
        byte[] content;
        try {
            content = Files.readAllBytes(manifest);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Integer> records = new ArrayList<>();
        for (int at = 0; content.length - at >= 7; ) {
            records.add(at);
            at += 7 + (content[at + 4] & 0xff) + ((content[at + 5] & 0xff) << 8);
        }
        return records;
    }
}
