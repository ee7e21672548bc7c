package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.entity.LeaderChangeContext;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Faults;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.Origins;
import io.metastore.consensus.Unavailable;
import io.metastore.consensus.log.Entry;
import io.metastore.engine.Capture;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.EngineFailure;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.CommittedEntries;
import io.metastore.machine.EntryCodec;
import io.metastore.machine.EntryText;
import io.metastore.machine.Origin;
import io.metastore.machine.ProposedBatch;
import io.metastore.machine.Replica;
import io.metastore.machine.Replicas;
import io.metastore.machine.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/// Hands JRaft's committed entries to the apply loop, on JRaft's state-machine thread, and answers its
/// snapshot calls. Nothing is ever thrown back at JRaft: it would log it and go on. A fault stops the member
/// instead.
final class ApplyAdapter extends StateMachineAdapter {
    private static final Logger LOG = Logger.getLogger(ApplyAdapter.class);
    /// An entry that changes nothing but how far the log is applied, in place of one that is skipped.
    private static final ByteBuffer NO_COMMANDS =
            EntryCodec.encode(Origin.NONE, List.of()).asReadOnlyBuffer();

    /// With less room than this a write is bound to fail.
    private static final long FULL_BYTES = 1 << 20;

    private final Function<StateMachine, ApplyLoop> loops;
    private final Replicas replicas;
    private final Consumer<Replica> installed;
    private final Faults faults;
    private final SnapshotTrigger trigger;
    private final RaftSettings settings;
    private final Consumer<Leadership> listener;
    private final DiskMetrics disk;
    private final DiskSpace space;
    private final SkippedEntries skipped;
    private final Origins origins;
    private final Consumer<Boolean> applied;
    /// Writes out what is captured, one snapshot after the other.
    private final Executor writers;

    /// Of the newest generation; the state-machine thread's.
    private ApplyLoop loop;

    /// Index at which the last snapshot stands, taken here or installed; 0 for none.
    private volatile long lastSnapshot;

    private volatile Leadership leadership = new Leadership(0, 0, false, 0);

    /// @param loops     makes the loop that applies to one generation of the state
    /// @param installed told of a generation that has taken the place of the one before
    /// @param applied   told behind each run of entries whether others than this member put some of them together
    ApplyAdapter(
            Function<StateMachine, ApplyLoop> loops,
            Replicas replicas,
            Consumer<Replica> installed,
            Faults faults,
            SnapshotTrigger trigger,
            RaftSettings settings,
            Consumer<Leadership> listener,
            DiskMetrics disk,
            DiskSpace space,
            SkippedEntries skipped,
            Origins origins,
            Consumer<Boolean> applied,
            Executor writers) {
        this.loops = loops;
        this.replicas = replicas;
        this.installed = installed;
        this.loop = loops.apply(replicas.get().machine());
        this.faults = faults;
        this.trigger = trigger;
        this.settings = settings;
        this.listener = listener;
        this.disk = disk;
        this.space = space;
        this.skipped = skipped;
        this.origins = origins;
        this.applied = applied;
        this.writers = writers;
    }

    Leadership leadership() {
        return leadership;
    }

    long lastSnapshot() {
        return lastSnapshot;
    }

    @Override
    public void onApply(Iterator iterator) {
        Entries entries = new Entries(iterator);
        try {
            loop.run(entries);
            applied.accept(entries.ofOthers);
        } catch (Throwable fault) {
            faults.halt(entries.underWay(), fault);
        }
    }

    /// Holds the state at exactly the applied index, since this thread applies, and has it written out by another.
    @Override
    public void onSnapshotSave(SnapshotWriter writer, Closure done) {
        long started = System.nanoTime();
        try {
            if (!space.ensureSome()) {
                cancelled(done, "the disk is full");
                return;
            }
            Replica replica = replicas.get();
            Capture capture = replica.engine().capture();
            long applied = replica.machine().appliedIndex();
            disk.checkpointTaken(System.nanoTime() - started);
            try {
                writers.execute(() -> write(capture, applied, writer, done));
            } catch (RejectedExecutionException stopping) {
                capture.close();
                cancelled(done, "the member stops");
            }
        } catch (Throwable failure) {
            notTaken(done, failure);
        }
    }

    /// Writes out what was captured. JRaft begins no other snapshot before `done` is run.
    private void write(Capture capture, long applied, SnapshotWriter writer, Closure done) {
        boolean fits;
        try (capture) {
            Path target = Path.of(writer.getPath(), SnapshotFiles.STATE);
            capture.writeTo(target);
            for (Path file : filesIn(target)) {
                writer.addFile(SnapshotFiles.STATE + "/" + file.getFileName());
            }
            writer.addFile(SnapshotFiles.writeApplied(Path.of(writer.getPath()), applied));
            // JRaft writes small files of its own now, and takes it for a failed disk when they do not fit.
            fits = space.ensureSome();
        } catch (Throwable failure) {
            notTaken(done, failure);
            return;
        }
        if (fits) {
            lastSnapshot = applied;
            done.run(Status.OK());
        } else {
            cancelled(done, "the disk is full");
        }
    }

    private void notTaken(Closure done, Throwable failure) {
        boolean full = failure instanceof EngineFailure engineFailure
                ? engineFailure.kind() == EngineFailure.Kind.NO_SPACE
                : failure instanceof IOException && isFull();
        if (full) {
            space.release();
            cancelled(done, failure.getMessage());
        } else {
            failed(done, failure);
        }
    }

    /// The snapshot before stays, and the log is not cut: nothing is lost. JRaft deletes what is half made.
    private static void cancelled(Closure done, String why) {
        done.run(new Status(RaftError.ECANCELED, "no snapshot is taken: %s", why));
    }

    private void failed(Closure done, Throwable failure) {
        done.run(new Status(RaftError.EIO, "taking a snapshot failed: %s", failure.getMessage()));
        faults.halt("taking a snapshot failed", failure);
    }

    private boolean isFull() {
        try {
            return space.usable() < FULL_BYTES;
        } catch (IOException unknown) {
            return false;
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    /// Takes a snapshot that is ahead of the state, such as one that the leader sent, as a new generation of it. One's
    /// own are not: the state lives on beside them. False after a fault; the next start begins with this snapshot.
    @Override
    public boolean onSnapshotLoad(SnapshotReader reader) {
        Path snapshot = Path.of(reader.getPath());
        try {
            long applied = SnapshotFiles.readApplied(snapshot);
            lastSnapshot = applied;
            long own = replicas.state().appliedIndex();
            if (own < applied) {
                long started = System.nanoTime();
                disk.takingOver(true);
                Replica replica = replicas.install(snapshot.resolve(SnapshotFiles.STATE), applied);
                loop = loops.apply(replica.machine());
                installed.accept(replica);
                origins.replaced();
                disk.takingOver(false);
                LOG.infof(
                        "a snapshot has taken the state from index %d of the raft log to %d, in %d ms",
                        own, applied, (System.nanoTime() - started) / 1_000_000);
            }
            return true;
        } catch (Throwable failure) {
            faults.halt("taking over the snapshot in " + snapshot + " failed", failure);
            return false;
        }
    }

    @Override
    public void onLeaderStart(long term) {
        changed(new Leadership(term, settings.memberId(), true, leadership.changes() + 1));
    }

    @Override
    public void onLeaderStop(Status status) {
        changed(new Leadership(leadership.term(), 0, false, leadership.changes()));
    }

    @Override
    public void onStartFollowing(LeaderChangeContext context) {
        changed(new Leadership(
                context.getTerm(), PeerAddress.member(context.getLeaderId()), false, leadership.changes() + 1));
    }

    @Override
    public void onStopFollowing(LeaderChangeContext context) {
        changed(new Leadership(leadership.term(), 0, false, leadership.changes()));
    }

    private void changed(Leadership now) {
        leadership = now;
        try {
            listener.accept(now);
        } catch (Throwable fault) {
            faults.halt("a change of leadership failed", fault);
        }
    }

    @Override
    public void onError(RaftException error) {
        faults.halt(
                "the raft log in " + settings.folder() + " failed (" + room() + "; the lines above say more): "
                        + error.getStatus().getErrorMsg(),
                null);
    }

    /// JRaft says nothing of the cause, and a full disk is the likeliest.
    private String room() {
        long free;
        try {
            free = Files.getFileStore(settings.folder()).getUsableSpace();
        } catch (IOException failure) {
            return "its file system does not answer: " + failure;
        }
        return free < FULL_BYTES
                ? "its file system is full, " + free + " bytes are left"
                : "its file system has " + (free >> 20) + " MiB left";
    }

    private final class Entries implements CommittedEntries {
        private final Iterator iterator;
        private boolean started;
        /// Stands on an entry whose commands are not in the open chunk yet.
        private boolean applying;
        private boolean isSkipped;
        /// Whether one of the entries was put together by another member.
        private boolean ofOthers;
        private ProposedBatch proposed;
        /// First and last entry of the open chunk, 0 when none is open.
        private long chunkFirst;
        private long chunkLast;

        private Entries(Iterator iterator) {
            this.iterator = iterator;
        }

        @Override
        public boolean next() {
            if (started) {
                iterator.next();
            }
            started = true;
            // JRaft's iterator stands on its first entry from the start; this asks whether it stands on one now.
            applying = iterator.hasNext();
            if (!applying) {
                return false;
            }
            isSkipped = isMarked();
            origins.reached(term());
            Consensus.Pending waiting = origins.take(iterator.getData());
            ofOthers |= waiting == null;
            if (isSkipped && waiting != null) {
                waiting.failed(new Unavailable.LeaderChanged());
            }
            proposed = isSkipped ? null : waiting;
            if (iterator.done() != null) {
                iterator.done().run(Status.OK());
            }
            trigger.entry(data());
            return true;
        }

        /// Whether the current entry is one to skip. Nobody waits for such an entry as a rule: it was in the log
        /// before this member was started, or its mark would not be there.
        private boolean isMarked() {
            SkippedEntry mark = skipped.at(index()).orElse(null);
            if (mark == null) {
                return false;
            }
            Entry entry = entry();
            if (!mark.isOf(index(), entry)) {
                throw new IllegalStateException(
                        mark + " is marked to be skipped, but the log holds another there, of term "
                                + entry.term() + " with checksum " + SkippedEntry.text(entry.checksum())
                                + "; 'metastore log skip --undo' takes the mark back");
            }
            if (index() > replicas.state().appliedIndex()) {
                LOG.warnf("%s is skipped, as it is marked%s: nothing that it says is done", mark, because(mark));
            }
            return true;
        }

        private static String because(SkippedEntry mark) {
            return mark.reason().isEmpty() ? "" : " (" + mark.reason() + ")";
        }

        private Entry entry() {
            return new Entry(iterator.getTerm(), Entry.Kind.COMMANDS, iterator.getData());
        }

        @Override
        public long index() {
            return iterator.getIndex();
        }

        @Override
        public long term() {
            return iterator.getTerm();
        }

        @Override
        public ByteBuffer data() {
            return isSkipped ? NO_COMMANDS.duplicate() : iterator.getData();
        }

        @Override
        public ProposedBatch proposed() {
            return proposed;
        }

        @Override
        public void taken() {
            applying = false;
            chunkFirst = chunkFirst == 0 ? index() : chunkFirst;
            chunkLast = index();
        }

        @Override
        public void applied() {
            applying = false;
            chunkFirst = 0;
            iterator.commit();
        }

        /// What failed, with the entry and how to look at it. Memory may have run out, so whatever goes wrong
        /// here only makes it shorter.
        private String underWay() {
            try {
                return applying ? applyingOne() : writingSome();
            } catch (Throwable _) {
                return "applying entries of the raft log failed";
            }
        }

        private String applyingOne() {
            return "applying entry " + index() + " of the raft log failed (term " + term() + ", checksum "
                    + SkippedEntry.text(entry().checksum()) + ", " + EntryText.types(iterator.getData())
                    + "; to see it: " + show() + "--index " + index() + ")";
        }

        private String writingSome() {
            return chunkFirst == 0
                    ? "applying entries of the raft log failed"
                    : "writing to the state what entries " + chunkFirst + " to " + chunkLast
                            + " of the raft log say failed (to see them: " + show() + "--from " + chunkFirst + " --to "
                            + chunkLast + ")";
        }

        private String show() {
            return "metastore log show --data-dir " + settings.dataDir() + " ";
        }
    }
}
