package io.metastore.consensus.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The names of the files in a folder, which the disk keeps apart from the files.
public final class FolderNames {
    private FolderNames() {}

    /// Makes names that were given or taken away outlast a loss of power.
    public static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
