package io.metastore.watch;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// What waits for one stream's client, bounded in bytes. Keeps the order, and lets one thread write at a time.
///
/// A response goes straight to the transport while nothing waits and the transport is ready; else it waits
/// here; else, for events, there is no room and the watcher has to read history later. Answers to commands
/// always find room: their number is bounded because the client may only send the next command when
/// [Sink#demand] says so, and that waits for room.
final class Outbox {
    enum Offer {
        TAKEN,
        /// No room: nothing was taken.
        FULL,
        /// The watcher or the stream is closed: nothing will be taken any more.
        GONE
    }

    /// What a waiting response costs besides its events, roughly.
    private static final int OVERHEAD = 128;

    private record Waiting(Delivery delivery, long bytes, int events) {}

    private final Sink sink;
    private final WatchLimits limits;
    private final AtomicLong total;
    private final WatchCounts counts;
    private final Consumer<RuntimeException> broken;

    private final ArrayDeque<Waiting> queue = new ArrayDeque<>(2);
    private long bytes;
    private int owedDemand;
    private boolean roomWanted;
    private boolean closed;

    /// @param total  bytes that wait in all streams together
    /// @param broken told once when the transport throws; the outbox is closed then
    Outbox(Sink sink, WatchLimits limits, AtomicLong total, WatchCounts counts, Consumer<RuntimeException> broken) {
        this.sink = sink;
        this.limits = limits;
        this.total = total;
        this.counts = counts;
        this.broken = broken;
    }

    /// Takes events of a watcher.
    ///
    /// @param force take them even when there is no room: for the catch-up thread, which asked for room
    ///     before it read them
    synchronized Offer offer(Watcher watcher, Delivery.Events delivery, boolean force) {
        if (closed || watcher.isClosed()) {
            return Offer.GONE;
        }
        int events = delivery.batch().events().size();
        if (queue.isEmpty() && sink.isReady()) {
            watcher.active = true;
            send(delivery, events);
            return Offer.TAKEN;
        }
        long size = OVERHEAD + delivery.batch().bytes();
        if (!force && (bytes + size > limits.streamBytes() || total.get() + size > limits.totalBytes())) {
            return Offer.FULL;
        }
        watcher.active = true;
        enqueue(delivery, size, events);
        return Offer.TAKEN;
    }

    /// Takes the answer to a command.
    synchronized void answer(Delivery delivery) {
        if (closed) {
            return;
        }
        if (queue.isEmpty() && sink.isReady()) {
            send(delivery, 0);
        } else {
            enqueue(delivery, OVERHEAD, 0);
        }
    }

    /// Closes a watcher and says so, unless it is closed already.
    synchronized void overtaken(Watcher watcher, long compactRevision) {
        if (!watcher.isClosed()) {
            watcher.close();
            answer(new Delivery.Overtaken(watcher.id(), compactRevision));
        }
    }

    /// Closes a watcher that cannot be told of revision `tooLarge`, and says so, unless it is closed already.
    synchronized void oversized(Watcher watcher, long revision, long tooLarge) {
        if (!watcher.isClosed()) {
            watcher.close();
            answer(new Delivery.Oversized(watcher.id(), revision, tooLarge));
        }
    }

    /// Closes a watcher at its client's wish and says so: no event of it follows the answer.
    synchronized void cancelled(Watcher watcher, long revision) {
        watcher.close();
        answer(new Delivery.Cancelled(watcher.id(), revision));
    }

    /// Closes a watcher whose client may not see its keys any more, and says so: no event follows.
    synchronized void revoked(Watcher watcher, long revision, Delivery.Refusal reason) {
        if (!watcher.isClosed()) {
            watcher.close();
            answer(new Delivery.Revoked(watcher.id(), revision, reason));
        }
    }

    Sink sink() {
        return sink;
    }

    /// Manual progress (WAT-30): dropped when the client is so slow that there is no room.
    synchronized void progress(long revision) {
        if (bytes + OVERHEAD <= limits.streamBytes()) {
            answer(new Delivery.Progress(Delivery.NO_WATCHER, revision));
        }
    }

    /// Periodic progress of a watcher (WAT-29), which is left out when an event was sent since the last
    /// time, and when the client has something to read anyway.
    synchronized void periodicProgress(Watcher watcher, long revision) {
        boolean wasActive = watcher.active;
        watcher.active = false;
        if (!wasActive && !watcher.isClosed() && queue.isEmpty()) {
            answer(new Delivery.Progress(watcher.id(), revision));
        }
    }

    /// A command is done: lets the client send the next one as soon as there is room for its answer.
    synchronized void handled() {
        if (closed) {
            return;
        }
        if (bytes < limits.streamBytes()) {
            sink.demand();
        } else {
            owedDemand++;
        }
    }

    /// Whether nothing waits and the transport is ready. If not, [#drain] will return true when it is.
    synchronized boolean hasRoom() {
        if (closed || (queue.isEmpty() && sink.isReady())) {
            return true;
        }
        roomWanted = true;
        return false;
    }

    /// Passes on what the transport takes now; true when [#hasRoom] said no before and would say yes now.
    synchronized boolean drain() {
        while (!closed && !queue.isEmpty() && sink.isReady()) {
            Waiting first = queue.poll();
            bytes -= first.bytes;
            total.addAndGet(-first.bytes);
            counts.pendingEvents.add(-first.events);
            send(first.delivery, first.events);
        }
        while (!closed && owedDemand > 0 && bytes < limits.streamBytes()) {
            owedDemand--;
            sink.demand();
        }
        boolean wanted = roomWanted && !closed && queue.isEmpty() && sink.isReady();
        if (wanted) {
            roomWanted = false;
        }
        return wanted;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /// Drops what waits; nothing is sent afterwards.
    synchronized void close() {
        closed = true;
        for (Waiting waiting : queue) {
            counts.pendingEvents.add(-waiting.events);
        }
        queue.clear();
        total.addAndGet(-bytes);
        bytes = 0;
    }

    /// As [#close], and ends the client's side unless the outbox was closed before.
    synchronized void end(Throwable cause) {
        if (!closed) {
            close();
            sink.end(cause);
        }
    }

    private void enqueue(Delivery delivery, long size, int events) {
        queue.add(new Waiting(delivery, size, events));
        bytes += size;
        total.addAndGet(size);
        counts.pendingEvents.add(events);
    }

    private void send(Delivery delivery, int events) {
        try {
            sink.send(delivery);
            counts.events.add(events);
        } catch (RuntimeException e) {
            end(e);
            broken.accept(e);
        }
    }
}
