package io.metastore.server;

import io.metastore.consensus.log.FolderNames;
import io.metastore.engine.DiskSpace;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/// The folder of a member's state, held by one process at a time.
///
/// ```
/// member/LOCK        held while the member runs
/// member/identity    whose it is
/// member/reserve     only while the disk fills up: deleted when there is no room
/// member/state/      the state database
/// member/raft/log/   the raft log    member/raft/meta/  votes    member/raft/snapshot/  snapshots
/// ```
public final class DataDirectory implements AutoCloseable {
    private final Path member;
    private final FileChannel channel;

    private DataDirectory(Path member, FileChannel channel) {
        this.member = member;
        this.channel = channel;
    }

    /// Creates what is missing and takes hold of it.
    ///
    /// @throws StartFailure when it cannot be written, or another process holds it
    public static DataDirectory open(Path folder) {
        Path member = folder.resolve("member");
        try {
            var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            // What is acknowledged lies in these: a folder that goes in a loss of power takes everything along.
            FolderNames.create(folder, ownerOnly);
            FolderNames.create(member, ownerOnly);
            FolderNames.create(member.resolve("raft"));
            FolderNames.create(member.resolve("raft").resolve("snapshot"));
            FolderNames.create(member.resolve("state"));
            FileChannel channel =
                    FileChannel.open(member.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw new StartFailure(
                        ExitStatus.IN_USE,
                        "data-dir " + folder + " is in use by another process: stop that one, or choose another"
                                + " data-dir",
                        null);
            }
            return new DataDirectory(member, channel);
        } catch (OverlappingFileLockException e) {
            throw new StartFailure(
                    ExitStatus.IN_USE, "data-dir " + folder + " is in use by another member of this process", e);
        } catch (AccessDeniedException e) {
            throw new StartFailure(
                    ExitStatus.DATA_DIR,
                    "data-dir " + folder + " cannot be written: user " + System.getProperty("user.name")
                            + " has no permission at " + e.getFile(),
                    e);
        } catch (FileAlreadyExistsException e) {
            throw new StartFailure(
                    ExitStatus.DATA_DIR, "data-dir " + folder + " cannot be used: " + e.getFile() + " is no folder", e);
        } catch (IOException e) {
            throw new StartFailure(ExitStatus.DATA_DIR, "data-dir " + folder + " cannot be written: " + reason(e), e);
        }
    }

    /// Takes hold of the folder of a member that does not run, for a command. Nothing is created or changed.
    ///
    /// @throws StartFailure when there is no member's folder, another process holds it, or it cannot be locked
    public static DataDirectory openStopped(Path folder) {
        Path member = folder.resolve("member");
        try {
            FileChannel channel = FileChannel.open(member.resolve("LOCK"), StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw new StartFailure(
                        ExitStatus.IN_USE,
                        "data-dir " + folder + " is in use by another process: stop the member first",
                        null);
            }
            return new DataDirectory(member, channel);
        } catch (OverlappingFileLockException e) {
            throw new StartFailure(
                    ExitStatus.IN_USE, "data-dir " + folder + " is in use by another member of this process", e);
        } catch (NoSuchFileException e) {
            throw new StartFailure(
                    ExitStatus.USAGE, "data-dir " + folder + " is not that of a member: there is no " + e.getFile(), e);
        } catch (IOException e) {
            throw new StartFailure(ExitStatus.DATA_DIR, "data-dir " + folder + " cannot be locked: " + reason(e), e);
        }
    }

    private static String reason(IOException failure) {
        return failure instanceof FileSystemException named && named.getReason() != null
                ? named.getReason() + " at " + named.getFile()
                : failure.toString();
    }

    /// The room on its file system.
    ///
    /// @param reserve bytes to hold back, as configured
    /// @throws StartFailure when the file system does not answer
    DiskSpace space(long reserve) {
        try {
            DiskSpace space = DiskSpace.of(member, List.of(state(), raft(), raft().resolve("log")), reserve);
            // RocksDB writes files of its own when it opens.
            space.ensureSome();
            return space;
        } catch (IOException e) {
            throw new StartFailure(
                    ExitStatus.INPUT_OUTPUT,
                    "the room on the file system of " + member + " cannot be asked for: " + reason(e),
                    e);
        }
    }

    /// A file of the member's own.
    Path file(String name) {
        return member.resolve(name);
    }

    public Path state() {
        return member.resolve("state");
    }

    public Path raft() {
        return member.resolve("raft");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
