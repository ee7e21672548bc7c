package io.metastore.watch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/// A client that keeps what it gets, and takes as many responses as it was given credit for.
final class RecordingSink implements Sink {
    static final int UNLIMITED = Integer.MAX_VALUE / 2;

    private static final long PATIENCE_SECONDS = 30;

    private final AtomicInteger credit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Delivery> deliveries = new ArrayList<>();
    private int demands;

    RecordingSink(int credit) {
        this.credit = new AtomicInteger(credit);
    }

    void grant(WatchSession session, int responses) {
        credit.addAndGet(responses);
        session.ready();
    }

    @Override
    public boolean isReady() {
        return credit.get() > 0;
    }

    @Override
    public void send(Delivery delivery) {
        credit.decrementAndGet();
        change(() -> deliveries.add(delivery));
    }

    @Override
    public void demand() {
        change(() -> demands++);
    }

    @Override
    public void end(Throwable cause) {
        change(() -> {});
    }

    List<Delivery> deliveries() {
        lock.lock();
        try {
            return List.copyOf(deliveries);
        } finally {
            lock.unlock();
        }
    }

    /// Commands that the client may send besides those it sent at first.
    int demands() {
        lock.lock();
        try {
            return demands;
        } finally {
            lock.unlock();
        }
    }

    /// Waits until that many commands are done.
    void awaitDone(int commands) {
        await(_ -> demands >= commands, commands + " commands done");
    }

    List<Delivery> await(int count) {
        return await(all -> all.size() >= count, count + " deliveries");
    }

    List<Delivery> await(Predicate<List<Delivery>> condition, String what) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        lock.lock();
        try {
            while (!condition.test(deliveries)) {
                if (changed.awaitNanos(deadline - System.nanoTime()) <= 0) {
                    throw new AssertionError(
                            "waited in vain for " + what + ", have " + deliveries.size() + " deliveries");
                }
            }
            return List.copyOf(deliveries);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
