package io.metastore.server;

import io.metastore.consensus.jraft.CheckedText;
import io.metastore.consensus.log.FolderNames;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The folder of a member's state, held by one process at a time.
///
/// ```
/// member/LOCK        held while the member runs
/// member/identity    whose it is
/// member/diverged    only when its state differs from that of the other members: why it does not start any more
/// member/reserve     only while the disk fills up: deleted when there is no room
/// member/state/      the state database, until a snapshot has replaced it
/// member/state-N/    the state database, after the Nth
/// member/state-at    which of these counts; the first when it is not there
/// member/raft/log/   the raft log    member/raft/meta/  votes    member/raft/snapshot/  snapshots
/// ```
public final class DataDirectory implements AutoCloseable {
    private static final String STATE = "state";
    private static final String STATE_AT = "state-at";
    private static final String DIVERGED = "diverged";
    /// Folders of states, whole or half made.
    private static final Pattern STATES = Pattern.compile("state(-[1-9]\\d*)?(\\.new)?");

    private final Path member;
    private final FileChannel channel;
    private volatile Path state;

    private DataDirectory(Path member, FileChannel channel) throws IOException {
        this.member = member;
        this.channel = channel;
        try {
            this.state = readState(member);
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        }
    }

    /// @throws EngineFailure when the file that says which is damaged
    private static Path readState(Path member) throws IOException {
        Path file = member.resolve(STATE_AT);
        if (Files.notExists(file)) {
            return member.resolve(STATE);
        }
        String name = CheckedText.read(file).strip();
        if (!name.matches("state(-[1-9]\\d*)?")) {
            throw new EngineFailure(
                    EngineFailure.Kind.DAMAGED, file + " is damaged: it names no folder of a state", null);
        }
        return member.resolve(name);
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
            DataDirectory directory = new DataDirectory(member, channel);
            try {
                directory.refuseDiverged();
                FolderNames.create(directory.state());
                directory.deleteOtherStates();
            } catch (IOException | RuntimeException failure) {
                channel.close();
                throw failure;
            }
            return directory;
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

    /// Makes later starts refuse: the state is not that of the other members.
    ///
    /// @param why in ASCII, a sentence without its end
    void markDiverged(String why) throws IOException {
        CheckedText.write(member.resolve(DIVERGED), why + "\n");
    }

    private void refuseDiverged() throws IOException {
        Path mark = member.resolve(DIVERGED);
        if (Files.exists(mark)) {
            throw new StartFailure(
                    ExitStatus.DAMAGED,
                    CheckedText.read(mark).strip()
                            + ": its data cannot be trusted. Put a new member on an empty data-dir"
                            + " in its place: metastore cluster replace NAME (docs/failures.md, \"A state that differs\")",
                    null);
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

    /// The folder of the state database that counts.
    public Path state() {
        return state;
    }

    /// A folder for the state that is to replace it, not there yet.
    Path nextState() throws IOException {
        String name = state.getFileName().toString();
        long before = name.equals(STATE) ? 0 : Long.parseLong(name.substring(STATE.length() + 1));
        Path next = member.resolve(STATE + "-" + (before + 1));
        deleteFolder(next);
        return next;
    }

    /// From now on, and at the next start, the state lies in `next`, whatever happens in between.
    void moveState(Path next) throws IOException {
        CheckedText.write(member.resolve(STATE_AT), next.getFileName() + "\n");
        state = next;
    }

    /// States that were replaced and states that were not finished, of a program that ended meanwhile.
    private void deleteOtherStates() throws IOException {
        try (Stream<Path> files = Files.list(member)) {
            for (Path file : files.toList()) {
                if (STATES.matcher(file.getFileName().toString()).matches() && !file.equals(state)) {
                    deleteFolder(file);
                }
            }
        }
    }

    /// A folder of files, if it is there.
    static void deleteFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    public Path raft() {
        return member.resolve("raft");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
