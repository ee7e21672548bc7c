package io.metastore.consensus.jraft;

import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.log.SegmentSizes;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Log, vote and snapshots, looked through before JRaft exists: what it cannot read it may take for something
/// that was never there.
final class RaftFiles {
    private final Path folder;
    private final boolean soleVoter;
    private final long applied;
    private final DiskSpace disk;

    /// @param folder    of log, vote and snapshots
    /// @param soleVoter whether nobody else has a copy of the log
    /// @param applied   index up to which the state has applied the log
    RaftFiles(Path folder, boolean soleVoter, long applied) {
        this(folder, soleVoter, applied, DiskSpace.unbounded());
    }

    /// @param disk whose room in reserve the log may ask for
    RaftFiles(Path folder, boolean soleVoter, long applied, DiskSpace disk) {
        this.disk = disk;
        this.folder = folder;
        this.soleVoter = soleVoter;
        this.applied = applied;
    }

    /// Opens the log when all of them are sound and of one time; makes it at the very first start.
    ///
    /// @throws EngineFailure naming the file that is damaged, missing or cannot be read; nothing is open then
    RaftLog open() {
        try {
            RaftLog log = RaftLog.open(folder.resolve("log"), SegmentSizes.DEFAULT, disk);
            try {
                check(log);
                log.create();
                return log;
            } catch (IOException | RuntimeException failure) {
                log.close();
                throw failure;
            }
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the raft log in " + folder + " cannot be read", failure);
        }
    }

    private void check(RaftLog log) throws IOException {
        Path vote = folder.resolve("meta").resolve(VoteFile.NAME);
        boolean voted = Files.exists(vote);
        if (!voted && log.last() > 0 && Files.notExists(vote.resolveSibling(VoteFile.FORMER))) {
            throw damaged(vote + ", the member's term and vote, is missing");
        }
        if (voted && !log.exists()) {
            throw damaged("the raft log in " + folder.resolve("log") + " is missing");
        }
        SnapshotFiles.Reach snapshot = voted
                ? SnapshotFiles.check(
                        folder.resolve("snapshot"),
                        VoteFile.read(vote.getParent()).term())
                : SnapshotFiles.Reach.NONE;
        checkReach(log, snapshot);
    }

    /// State, log and snapshot are of one time: the log begins at the state or before it. A snapshot stands for the
    /// log up to its index, which may have been cut off, and is loaded when it is ahead of the state: the
    /// member may have ended before it took over what its leader sent.
    ///
    /// The log ends at the state or beyond, where its only copy is here. Else the state may be ahead: an entry is
    /// agreed and applied when a majority has synced it, of which this member need not have been one. The leader
    /// sends such entries again.
    private void checkReach(RaftLog log, SnapshotFiles.Reach snapshot) {
        long last = Math.max(log.last(), snapshot.index());
        if (soleVoter && last < applied) {
            throw damaged("the raft log in " + folder + " ends at index " + last
                    + " although the state has applied up to index " + applied + ": part of the log is lost");
        }
        if (log.first() > Math.max(applied, snapshot.index()) + 1) {
            throw damaged("the raft log in " + folder + " begins at index " + log.first()
                    + " although the state has applied only up to index " + applied
                    + ": what lies between is lost");
        }
    }

    private static EngineFailure damaged(String what) {
        return new EngineFailure(EngineFailure.Kind.DAMAGED, what, null);
    }
}
