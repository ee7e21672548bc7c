package io.metastore.watch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The live thread's queue: commits of the apply thread and commands of the streams, in one order.
///
/// Nothing here waits for anything but the lock, which nobody holds for longer than it takes to add to a
/// list. When nobody watches, or the live thread is too far behind, a commit leaves only its revision:
/// [Skipped].
final class Mailbox {
    sealed interface Task {}

    /// @param bytes what the events hold in memory, roughly
    record Published(Commit commit, long bytes) implements Task {}

    /// Events up to `revision` were not handed over: who wants them reads history.
    record Skipped(long revision) implements Task {}

    record Command(Runnable run) implements Task {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final long limit;

    private List<Task> tasks = new ArrayList<>();
    /// Of commits in the list, and of commits taken and not yet released.
    private long bytes;
    private int streams;
    private boolean idle;
    private boolean closed;

    /// @param limit bytes of events that may wait
    Mailbox(long limit) {
        this.limit = limit;
    }

    /// Called by the apply thread; true when the events were left out although somebody watches.
    boolean publish(Commit commit) {
        if (commit.events().isEmpty()) {
            return false;
        }
        lock.lock();
        try {
            if (streams == 0) {
                skipTo(commit.revision());
                return false;
            }
            long size = 0;
            for (int i = 0; i < commit.events().size(); i++) {
                size += WatchedEvent.size(commit.events().get(i));
            }
            boolean fits = bytes == 0 || bytes + size <= limit;
            if (fits) {
                tasks.add(new Published(commit, size));
                bytes += size;
            } else {
                skipTo(commit.revision());
            }
            wake();
            return !fits;
        } finally {
            lock.unlock();
        }
    }

    void skip(long revision) {
        lock.lock();
        try {
            skipTo(revision);
            wake();
        } finally {
            lock.unlock();
        }
    }

    void execute(Runnable command) {
        lock.lock();
        try {
            tasks.add(new Command(command));
            wake();
        } finally {
            lock.unlock();
        }
    }

    void streamOpened() {
        lock.lock();
        try {
            streams++;
        } finally {
            lock.unlock();
        }
    }

    void streamClosed() {
        lock.lock();
        try {
            streams--;
        } finally {
            lock.unlock();
        }
    }

    /// The events of a commit that was taken are spread.
    void release(Published done) {
        lock.lock();
        try {
            bytes -= done.bytes;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            wake();
        } finally {
            lock.unlock();
        }
    }

    /// Takes all tasks, waiting at most `nanos` for the first one; an empty list when none came, null after
    /// [#close].
    List<Task> take(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (tasks.isEmpty() && !closed && left > 0) {
                idle = true;
                left = filled.awaitNanos(Math.min(left, TimeUnit.HOURS.toNanos(1)));
            }
            idle = false;
            if (closed) {
                return null;
            }
            if (tasks.isEmpty()) {
                return List.of();
            }
            List<Task> taken = tasks;
            tasks = new ArrayList<>();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void skipTo(long revision) {
        if (!tasks.isEmpty() && tasks.getLast() instanceof Skipped) {
            tasks.removeLast();
        }
        tasks.add(new Skipped(revision));
    }

    private void wake() {
        if (idle) {
            idle = false;
            filled.signal();
        }
    }
}
