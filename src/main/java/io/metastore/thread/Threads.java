package io.metastore.thread;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Makes the threads of the program, so that none of them ends unseen: whatever leaves the body of one, an error or an
/// exception, stops the member with a line that names the thread. Else the thread would be gone, or its next turn
/// cancelled, and those who wait for it would wait for ever, at a member that looks healthy.
///
/// All are daemons: the program ends when its main thread does.
///
/// Example: a timer's turn throws. Java's own executor keeps the exception in a future that nobody asks, and never
/// runs the timer again; one of [#clock] tells [Halt] first.
public final class Threads {
    /// Hands what left a thread to the program's handler of uncaught exceptions, for those who have no other way out.
    public static final Halt UNCAUGHT = (what, cause) -> {
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, cause);
    };

    /// Made here and no constant: Java makes a constant when it is first used, for which there may be no memory.
    private static final String SOME_THREAD = new StringBuilder("a thread failed").toString();

    private Threads() {}

    /// The way out for a fault.
    public interface Halt {
        /// Stops the member, loudly. Called on the thread that failed; does not return in a running member.
        ///
        /// @param cause may be null
        void halt(String what, Throwable cause);
    }

    /// A thread that runs `body` once it is started.
    public static Thread unstarted(String name, Runnable body, Halt halt) {
        return Thread.ofPlatform().name(name).daemon().unstarted(() -> {
            try {
                body.run();
            } catch (Throwable cause) {
                ended(halt, cause);
            }
        });
    }

    /// Threads that take what waits in a queue.
    public static ThreadPoolExecutor pool(String name, int threads, BlockingQueue<Runnable> waiting, Halt halt) {
        return new ThreadPoolExecutor(
                threads, threads, 0, TimeUnit.SECONDS, waiting, work -> unstarted(name, work, halt)) {
            @Override
            protected void afterExecute(Runnable task, Throwable thrown) {
                tell(task, halt);
            }
        };
    }

    /// One thread for what is due at some time, or again and again.
    public static ScheduledExecutorService clock(String name, Halt halt) {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, work -> unstarted(name, work, halt)) {
            @Override
            protected void afterExecute(Runnable task, Throwable thrown) {
                tell(task, halt);
            }
        };
        // What is due later is not waited for once it is to end.
        clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return clock;
    }

    /// Stops the member when anything leaves a thread that was not made here, of a library.
    public static void haltOnUncaught(Halt halt) {
        Thread.setDefaultUncaughtExceptionHandler((_, cause) -> ended(halt, cause));
    }

    /// What a task threw that is kept in a future. What is thrown by others leaves the thread.
    private static void tell(Runnable task, Halt halt) {
        if (task instanceof FutureTask<?> future && future.state() == Future.State.FAILED) {
            ended(halt, future.exceptionNow());
        }
    }

    private static void ended(Halt halt, Throwable cause) {
        String what = SOME_THREAD;
        try {
            what = "thread " + Thread.currentThread().getName() + " failed with "
                    + cause.getClass().getName();
        } catch (Throwable _) {
            // No memory is left for the words, and stopping must not fail for that.
        }
        halt.halt(what, cause);
    }
}
