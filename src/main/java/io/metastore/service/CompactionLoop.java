package io.metastore.service;

import io.metastore.engine.Engine;
import io.metastore.engine.EngineFailure;
import io.metastore.machine.Replica;
import io.metastore.machine.Replicas;
import io.metastore.mvcc.Collection;
import io.metastore.mvcc.MvccStore;
import io.metastore.thread.Threads;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/// The thread that removes what compactions leave behind, a step at a time with a pause in between, and that
/// stores the counts of keys now and then, so that a start has little to catch up on.
public final class CompactionLoop implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(CompactionLoop.class);
    /// Revisions after which the counts are stored.
    private static final long COUNTS_BEHIND_MAX = 100_000;

    private static final long IDLE_CHECK_MS = 1000;
    /// Merging that found no room is tried again after this.
    private static final long MERGE_AGAIN_NANOS = 10_000_000_000L;

    private final Replicas replicas;
    private final int stepRevisions;
    private final Duration pause;
    private final DiskRoom room;
    private final Thread thread;
    private final CompactionMetrics metrics = new CompactionMetrics();
    private final List<Runnable> settled = new ArrayList<>();
    private final List<UniEmitter<? super Optional<StoreError>>> defragmenting = new ArrayList<>();
    private boolean woken;
    /// Whether rows were removed that may lie in the files of tables still.
    private boolean unmerged;
    /// What the steps since the walk began have done.
    private Collection.Step walked = new Collection.Step(0, 0, 0);
    private long triedNanos = System.nanoTime() - MERGE_AGAIN_NANOS;
    private volatile boolean stopping;

    /// @param stepRevisions changes looked at in one step (CMP-07)
    /// @param pause         rest between two steps
    /// @param room          says when what was removed should leave the disk at once
    /// @param faults        told when the engine fails, or anything else ends the thread
    public CompactionLoop(Replicas replicas, int stepRevisions, Duration pause, DiskRoom room, Threads.Halt faults) {
        this.replicas = replicas;
        this.stepRevisions = stepRevisions;
        this.pause = pause;
        this.room = room;
        this.thread = Threads.unstarted("compaction", this::run, faults);
    }

    public void start() {
        thread.start();
    }

    /// A compaction may have been applied.
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /// Completes when nothing is left behind by the compactions applied so far.
    public Uni<Void> settled() {
        return Uni.createFrom().emitter(emitter -> {
            synchronized (this) {
                settled.add(() -> emitter.complete(null));
                woken = true;
                notifyAll();
            }
        });
    }

    /// Gives the file system back what removed rows hold of the tables' files. Reads and writes go on meanwhile. Yields
    /// when it is done, with NO_SPACE where merging needs more room than there is.
    public Uni<Optional<StoreError>> defragment() {
        return Uni.createFrom().emitter(emitter -> {
            synchronized (this) {
                defragmenting.add(emitter);
                woken = true;
                notifyAll();
            }
        });
    }

    public CompactionMetrics metrics() {
        return metrics;
    }

    private void run() {
        try {
            // What an earlier process removed while the disk was full may be in the files still.
            unmerged = room.isWanted() && collection().done() > 0;
            while (!stopping) {
                work();
                await();
            }
        } catch (InterruptedException stray) {
            throw new IllegalStateException("collecting was interrupted, but it ends when it is told", stray);
        }
    }

    /// Of the newest state: one that was installed meanwhile has a walk of its own, wherever that stands.
    private Collection collection() {
        return replicas.get().collection();
    }

    private void work() throws InterruptedException {
        walked = new Collection.Step(0, 0, 0);
        long started = System.nanoTime();
        while (!stopping && collection().isDue()) {
            replicas.collect(this::step);
            if (collection().isDue()) {
                Thread.sleep(pause);
            }
        }
        unmerged |= walked.removed() > 0;
        if (walked.visited() > 0) {
            long took = System.nanoTime() - started;
            metrics.walk(took, System.currentTimeMillis() / 1000);
            replicas.collect(replica -> replica.store().republish());
            LOG.infof(
                    "collected what lies below revision %d: %d changes looked at, %d rows removed, took %d ms",
                    collection().done(), walked.visited(), walked.removed(), took / 1_000_000);
        }
        replicas.collect(replica -> storeCounts(replica.store()));
        tellSettled();
        List<UniEmitter<? super Optional<StoreError>>> asked = asked();
        if (!asked.isEmpty()) {
            answer(asked, merge("it was asked for"));
        } else if (unmerged && room.isWanted() && System.nanoTime() - triedNanos >= MERGE_AGAIN_NANOS) {
            merge("the disk or the quota is full");
        }
    }

    private synchronized List<UniEmitter<? super Optional<StoreError>>> asked() {
        List<UniEmitter<? super Optional<StoreError>>> asked = List.copyOf(defragmenting);
        defragmenting.clear();
        return asked;
    }

    private static void answer(List<UniEmitter<? super Optional<StoreError>>> asked, boolean done) {
        for (UniEmitter<? super Optional<StoreError>> one : asked) {
            one.complete(done ? Optional.empty() : Optional.of(StoreError.NO_SPACE));
        }
    }

    private void step(Replica replica) {
        long begun = System.nanoTime();
        Collection.Step step = replica.collection().step(stepRevisions);
        metrics.step(step.changes(), System.nanoTime() - begun);
        walked = new Collection.Step(
                walked.visited() + step.visited(),
                walked.removed() + step.removed(),
                walked.changes() + step.changes());
    }

    private static void storeCounts(MvccStore store) {
        if (store.countsBehind() > COUNTS_BEHIND_MAX) {
            store.storeCounts();
        }
    }

    /// Makes RocksDB drop what was removed. It would do so by itself only when enough has been written.
    ///
    /// @return false when that needs more room than there is
    private boolean merge(String why) {
        long started = System.nanoTime();
        boolean done = false;
        metrics.merging(true);
        Engine engine = replicas.get().engine();
        long before = engine.allocatedBytes();
        try {
            engine.compact(room::mergedSome);
            unmerged = false;
            done = true;
            metrics.merged(System.nanoTime() - started);
            LOG.infof(
                    "merged the tables since %s: %d MiB before, %d MiB now, took %d ms",
                    why, before >> 20, engine.allocatedBytes() >> 20, (System.nanoTime() - started) / 1_000_000);
        } catch (EngineFailure failure) {
            if (failure.kind() != EngineFailure.Kind.NO_SPACE) {
                throw failure;
            }
            LOG.warnf("merging the tables needs more room than there is, it is tried again: %s", failure.getMessage());
        } finally {
            metrics.merging(false);
        }
        triedNanos = System.nanoTime();
        return done;
    }

    /// Who waits is noted before looking whether anything is due: a compaction that is applied in between, and
    /// its caller, are for the next round.
    private void tellSettled() {
        List<Runnable> told;
        synchronized (this) {
            told = List.copyOf(settled);
        }
        if (collection().isDue()) {
            return;
        }
        synchronized (this) {
            settled.removeAll(told);
        }
        told.forEach(Runnable::run);
    }

    private synchronized void await() throws InterruptedException {
        if (!woken && !stopping) {
            wait(IDLE_CHECK_MS);
        }
        woken = false;
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        wake();
        thread.join();
    }
}
