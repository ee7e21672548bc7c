package io.metastore.service;

import io.metastore.consensus.ReadBarrier;
import io.metastore.consensus.Unavailable;
import io.metastore.engine.EngineFailure;
import io.metastore.engine.NotInMemory;
import io.metastore.mvcc.CorruptRow;
import io.metastore.mvcc.View;
import io.metastore.mvcc.Views;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// How reads are run: linearizable ones behind a barrier, all of them from one view, none of them on an event
/// loop where they would have to wait for the disk. A read that finds no room for its answer is run again, from
/// a new view, when there is some.
public final class Reading {
    private final Views views;
    private final ReadBarrier barrier;
    private final Executor reads;
    private final Consumer<RuntimeException> faults;

    /// @param reads  threads that may wait for the disk
    /// @param faults told of a state that cannot be read; does not return in a running member
    public Reading(Views views, ReadBarrier barrier, Executor reads, Consumer<RuntimeException> faults) {
        this.views = views;
        this.barrier = barrier;
        this.reads = reads;
        this.faults = faults;
    }

    /// What is read from a view.
    public interface Read<T> {
        T from(View view);

        /// It could not be read.
        default void failed() {}
    }

    /// Runs `read` once everything agreed before now is applied here (KVR-23).
    public <T> Uni<T> linearizable(Read<T> read) {
        return Uni.createFrom()
                .emitter(emitter -> barrier.await(new ReadBarrier.Waiter() {
                    @Override
                    public void pass() {
                        run(read, read, emitter);
                    }

                    @Override
                    public void fail(Unavailable reason) {
                        read.failed();
                        emitter.fail(reason);
                    }
                }));
    }

    /// Runs `inMemory` at once on the calling thread and, if it would have to wait for the disk, `read` where
    /// waiting is allowed.
    public <T> Uni<T> serializable(Read<T> inMemory, Read<T> read) {
        return Uni.createFrom().emitter(emitter -> run(inMemory, read, emitter));
    }

    /// Runs `read` on a thread that may wait for the disk.
    public <T> Uni<T> local(Read<T> read) {
        return Uni.createFrom().emitter(emitter -> reads.execute(() -> run(read, read, emitter)));
    }

    /// Runs `now`. Where it would have to wait, for the disk or for room, `later` goes on in its place, on a thread
    /// that may wait and from a new view.
    private <T> void run(Read<T> now, Read<T> later, UniEmitter<? super T> emitter) {
        T result;
        try (View view = views.view()) {
            result = now.from(view);
        } catch (NotInMemory _) {
            reads.execute(() -> run(later, later, emitter));
            return;
        } catch (ResponseShare.NoRoom full) {
            full.await(() -> run(later, later, emitter));
            return;
        } catch (EngineFailure | CorruptRow fault) {
            faults.accept(fault);
            emitter.fail(fault);
            return;
        } catch (RuntimeException failure) {
            now.failed();
            emitter.fail(failure);
            return;
        }
        emitter.complete(result);
    }
}
