package io.metastore.local;

import io.metastore.local.LocalFailure.Reason;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Properties;

/// The folder of a cluster on this machine, held by one process at a time.
///
/// ```
/// cluster        how many members, and their first ports
/// lock           held while the cluster runs; says by which process
/// m1/   m1.log   data and log of the first member, and so on
/// ```
public final class ClusterFolder implements AutoCloseable {
    private static final String FILE = "cluster";
    private static final String COUNT = "members";
    private static final String CLIENT_PORT = "first-client-port";
    private static final String PEER_PORT = "first-peer-port";

    private final Path folder;
    private final FileChannel lock;

    private ClusterFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /// Creates the folder if it is not there, and takes hold of it.
    ///
    /// @throws LocalFailure when another process has it, it is a single member's, or it cannot be written
    public static ClusterFolder open(Path folder) {
        if (Files.isDirectory(folder.resolve("member"))) {
            throw new LocalFailure(
                    Reason.FOREIGN,
                    folder + " is the data directory of a single member: type another --data-dir, or run that member"
                            + " with 'metastore server --data-dir " + folder + "'");
        }
        Path file = folder.resolve("lock");
        try {
            Files.createDirectories(folder);
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                hold(channel, folder);
            } catch (IOException | RuntimeException failure) {
                channel.close();
                throw failure;
            }
            return new ClusterFolder(folder, channel);
        } catch (IOException failure) {
            throw unwritable(folder, failure);
        }
    }

    private static void hold(FileChannel channel, Path folder) throws IOException {
        FileLock held;
        try {
            held = channel.tryLock();
        } catch (OverlappingFileLockException _) {
            held = null; // By this process itself, which is as much another cluster.
        }
        if (held == null) {
            throw new LocalFailure(
                    Reason.IN_USE,
                    "a cluster runs already on " + folder + ", by process " + holder(channel)
                            + ": end that one, or type another --data-dir");
        }
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(32);
        channel.read(text, 0);
        String pid = StandardCharsets.US_ASCII.decode(text.flip()).toString().strip();
        return pid.isEmpty() ? "unknown" : pid;
    }

    private static LocalFailure unwritable(Path folder, IOException failure) {
        String reason = failure instanceof FileSystemException named && named.getReason() != null
                ? named.getReason() + " at " + named.getFile()
                : failure.toString();
        return new LocalFailure(
                Reason.DATA_DIR,
                folder + " cannot be written: " + reason + ". Type another --data-dir, or make this one writable",
                failure);
    }

    /// What the cluster was when it was last started; empty for one that never was.
    ///
    /// @throws LocalFailure when the file that says so is damaged
    public Optional<Layout> remembered() {
        Path file = folder.resolve(FILE);
        Properties words = new Properties();
        try {
            words.load(new StringReader(Files.readString(file)));
            Layout layout =
                    new Layout(folder, number(words, COUNT), number(words, CLIENT_PORT), number(words, PEER_PORT));
            return Optional.of(layout);
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IllegalArgumentException damaged) {
            throw new LocalFailure(
                    Reason.DATA_DIR,
                    file + " is damaged: " + damaged.getMessage()
                            + ". Remove it, and type --members and --first-port as" + " at the first start",
                    damaged);
        } catch (IOException failure) {
            throw new LocalFailure(Reason.DATA_DIR, file + " cannot be read: " + failure, failure);
        }
    }

    private static int number(Properties words, String name) {
        String text = words.getProperty(name, "");
        try {
            int number = Integer.parseInt(text);
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Said below, as of any other text that is no such number.
        }
        throw new IllegalArgumentException(name + " is \"" + text + "\", which is no number from 1 on");
    }

    /// Writes down what the next start has to hold to. Wholly or not at all.
    ///
    /// @throws LocalFailure when it cannot be written
    void remember(Layout layout) {
        Path file = folder.resolve(FILE);
        Path fresh = folder.resolve(FILE + ".new");
        String text = "# Written by 'metastore local-cluster'. The members know each other by their peer ports.\n"
                + COUNT + "=" + layout.count() + "\n" + CLIENT_PORT + "=" + layout.firstClientPort() + "\n" + PEER_PORT
                + "=" + layout.firstPeerPort() + "\n";
        try {
            try (FileChannel channel = FileChannel.open(
                    fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw unwritable(folder, failure);
        }
    }

    /// Whether a process still runs on the data of a member, such as one whose starter was killed a moment ago.
    boolean isHeld(LocalMember member) {
        try (FileChannel channel = FileChannel.open(member.lock(), StandardOpenOption.WRITE);
                FileLock held = channel.tryLock()) {
            return held == null;
        } catch (NoSuchFileException _) {
            return false;
        } catch (IOException failure) {
            throw unwritable(member.data(), failure);
        }
    }

    Path path() {
        return folder;
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException failure) {
            throw unwritable(folder, failure);
        }
    }
}
