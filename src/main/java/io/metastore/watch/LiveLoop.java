package io.metastore.watch;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// The live thread: takes commits and commands from the mailbox, one after the other, and sends periodic
/// progress.
final class LiveLoop implements Runnable {
    private final Mailbox mailbox;
    private final LiveWatchers watchers;
    private final ProgressClock clock;
    private final Consumer<Throwable> faults;
    private final AtomicBoolean closed = new AtomicBoolean();

    LiveLoop(Mailbox mailbox, LiveWatchers watchers, ProgressClock clock, Consumer<Throwable> faults) {
        this.mailbox = mailbox;
        this.watchers = watchers;
        this.clock = clock;
        this.faults = faults;
    }

    /// For use in commands only: the live thread owns it.
    LiveWatchers watchers() {
        return watchers;
    }

    void execute(Runnable command) {
        mailbox.execute(command);
    }

    void close() {
        closed.set(true);
        mailbox.close();
    }

    @Override
    public void run() {
        try {
            List<Mailbox.Task> tasks = mailbox.take(clock.untilNext());
            while (tasks != null) {
                tasks.forEach(this::handle);
                WatchSession due = clock.poll();
                while (due != null) {
                    watchers.periodicProgress(due);
                    due = clock.poll();
                }
                tasks = mailbox.take(clock.untilNext());
            }
        } catch (InterruptedException e) {
            if (!closed.get()) {
                faults.accept(e);
            }
        } catch (RuntimeException | Error e) {
            faults.accept(e);
        }
    }

    private void handle(Mailbox.Task task) {
        switch (task) {
            case Mailbox.Published published -> {
                watchers.publish(published.commit(), published.bytes());
                mailbox.release(published);
            }
            case Mailbox.Skipped skipped -> watchers.skip(skipped.revision());
            case Mailbox.Command command -> command.run().run();
        }
    }
}
