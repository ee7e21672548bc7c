package io.metastore.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// One direction of a stream: what is put into it arrives in its order, each a while later, and nothing while the way
/// is cut.
final class Pipe {
    private final SimulatedNetwork network;
    private final SimulatedNetwork.Way way;
    private final ScheduledExecutorService receiver;
    private final Deque<Item> items = new ArrayDeque<>();
    private long lastDue = System.nanoTime();

    Pipe(SimulatedNetwork network, SimulatedNetwork.Way way, ScheduledExecutorService receiver) {
        this.network = network;
        this.way = way;
        this.receiver = receiver;
    }

    private record Item(long due, Runnable arrival) {}

    void send(Runnable arrival) {
        synchronized (network) {
            long due = System.nanoTime() + network.delayNanos(way);
            lastDue = due - lastDue < 0 ? lastDue : due;
            items.addLast(new Item(lastDue, arrival));
            later(lastDue - System.nanoTime());
        }
    }

    /// Loses the last of what is on its way, and then lets `end` arrive.
    ///
    /// @param most so many of the first may arrive all the same
    void end(int most, Runnable end) {
        synchronized (network) {
            int kept = network.chance(Math.min(most, items.size()));
            while (items.size() > kept) {
                items.removeLast();
            }
            send(() -> {
                network.forget(this);
                end.run();
            });
        }
    }

    /// Goes on after a cut.
    void wake() {
        synchronized (network) {
            later(0);
        }
    }

    private void later(long nanos) {
        if (!network.isClosed()) {
            receiver.schedule(this::arrive, Math.max(0, nanos), TimeUnit.NANOSECONDS);
        }
    }

    private void arrive() {
        for (Runnable arrival = next(); arrival != null; arrival = next()) {
            long began = System.nanoTime();
            arrival.run();
            network.held(System.nanoTime() - began);
        }
    }

    private Runnable next() {
        synchronized (network) {
            Item first = items.peekFirst();
            if (first == null || network.isCut(way)) {
                return null;
            }
            long early = first.due - System.nanoTime();
            if (early > 0) {
                later(early);
                return null;
            }
            return items.removeFirst().arrival;
        }
    }
}
