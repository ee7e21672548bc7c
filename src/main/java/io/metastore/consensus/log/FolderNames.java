package io.metastore.consensus.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayDeque;
import java.util.Deque;

/// The names of the files in a folder, which the disk keeps apart from the files.
public final class FolderNames {
    private FolderNames() {}

    /// Makes a folder and those it lies in, as far as they are missing, with names that outlast a loss of power. The
    /// folder's own name is synced even when it is there: who made it may have been stopped before that. A folder
    /// that may not be read, which an operator keeps from this program, cannot be synced and is left alone.
    public static void create(Path folder, FileAttribute<?>... attributes) throws IOException {
        Path whole = folder.toAbsolutePath();
        Deque<Path> holding = new ArrayDeque<>();
        for (Path at = whole; at.getParent() != null && (at == whole || Files.notExists(at)); at = at.getParent()) {
            holding.push(at.getParent());
        }
        Files.createDirectories(whole, attributes);
        for (Path parent : holding) {
            if (Files.isReadable(parent)) {
                sync(parent);
            }
        }
    }

    /// Makes names that were given or taken away outlast a loss of power.
    public static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
