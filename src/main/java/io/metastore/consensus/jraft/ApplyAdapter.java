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
import io.metastore.consensus.Faults;
import io.metastore.consensus.Leadership;
import io.metastore.engine.Engine;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.CommittedEntries;
import io.metastore.machine.ProposedBatch;
import io.metastore.machine.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Hands JRaft's committed entries to the apply loop, on JRaft's state-machine thread, and answers its
/// snapshot calls. Nothing is ever thrown back at JRaft: it would log it and go on. A fault stops the member
/// instead.
final class ApplyAdapter extends StateMachineAdapter {
    private static final String STATE = "state";
    /// With less room than this a write is bound to fail.
    private static final long FULL_BYTES = 1 << 20;

    private final ApplyLoop loop;
    private final StateMachine machine;
    private final Engine engine;
    private final Faults faults;
    private final SnapshotTrigger trigger;
    private final RaftSettings settings;
    private final Consumer<Leadership> listener;
    private final DiskMetrics disk;
    private volatile Leadership leadership = new Leadership(0, 0, false, 0);

    ApplyAdapter(
            ApplyLoop loop,
            StateMachine machine,
            Engine engine,
            Faults faults,
            SnapshotTrigger trigger,
            RaftSettings settings,
            Consumer<Leadership> listener,
            DiskMetrics disk) {
        this.loop = loop;
        this.machine = machine;
        this.engine = engine;
        this.faults = faults;
        this.trigger = trigger;
        this.settings = settings;
        this.listener = listener;
        this.disk = disk;
    }

    Leadership leadership() {
        return leadership;
    }

    @Override
    public void onApply(Iterator iterator) {
        try {
            loop.run(new Entries(iterator));
        } catch (Throwable fault) {
            faults.halt("applying an entry of the raft log failed", fault);
        }
    }

    /// A checkpoint at exactly the applied index, since this thread applies. It flushes the state, so the log
    /// may be cut behind it.
    @Override
    public void onSnapshotSave(SnapshotWriter writer, Closure done) {
        try {
            Path target = Path.of(writer.getPath(), STATE);
            long started = System.nanoTime();
            engine.checkpoint(target);
            disk.checkpointTaken(System.nanoTime() - started);
            for (Path file : filesIn(target)) {
                writer.addFile(STATE + "/" + file.getFileName());
            }
            writer.addFile(SnapshotFiles.writeApplied(Path.of(writer.getPath()), machine.appliedIndex()));
            done.run(Status.OK());
        } catch (Throwable failure) {
            done.run(new Status(RaftError.EIO, "taking a snapshot failed: %s", failure.getMessage()));
            faults.halt("taking a snapshot failed", failure);
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    /// The state lives on beside its snapshots and is ahead of them as a rule, so nothing has to be loaded.
    @Override
    public boolean onSnapshotLoad(SnapshotReader reader) {
        long snapshotIndex;
        try {
            snapshotIndex = SnapshotFiles.readApplied(Path.of(reader.getPath()));
        } catch (Throwable failure) {
            faults.halt("the snapshot in " + reader.getPath() + " cannot be read", failure);
            return false;
        }
        if (machine.appliedIndex() >= snapshotIndex) {
            return true;
        }
        faults.halt(
                "the state database has applied up to index " + machine.appliedIndex()
                        + ", behind the snapshot at index " + snapshotIndex
                        + ": files of the data directory are missing or from another time",
                null);
        return false;
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
        changed(new Leadership(context.getTerm(), 0, false, leadership.changes() + 1));
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
            if (!iterator.hasNext()) {
                return false;
            }
            trigger.entry(iterator.getData());
            return true;
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
            return iterator.getData();
        }

        @Override
        public ProposedBatch proposed() {
            return (ProposedBatch) iterator.done();
        }

        @Override
        public void applied() {
            iterator.commit();
        }
    }
}
