package io.metastore.consensus.jraft;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/// Runs one after the other what it is given, on threads that it shares with others.
final class InOrder implements Executor {
    private final Executor threads;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    InOrder(Executor threads) {
        this.threads = threads;
    }

    /// @param work throws nothing
    /// @throws java.util.concurrent.RejectedExecutionException when the threads take no more; it is not run then
    @Override
    public void execute(Runnable work) {
        synchronized (waiting) {
            if (!running) {
                threads.execute(this::run);
                running = true;
            }
            waiting.addLast(work);
        }
    }

    /// Forgets what has not begun.
    void drop() {
        synchronized (waiting) {
            waiting.clear();
        }
    }

    private void run() {
        for (Runnable work = next(); work != null; work = next()) {
            work.run();
        }
    }

    private Runnable next() {
        synchronized (waiting) {
            running = !waiting.isEmpty();
            return waiting.pollFirst();
        }
    }
}
