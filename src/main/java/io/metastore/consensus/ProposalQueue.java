package io.metastore.consensus;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The bounded channel between callers and consensus. Its bounds count everything accepted and not yet
/// applied, whether it still waits here or is already under way: nothing behind it may pile up either. Full
/// means refused, at once.
///
/// Many threads offer, the batcher alone takes.
public final class ProposalQueue {
    /// @param commands most commands accepted and not applied
    /// @param bytes    most bytes of their entries; one larger command is still accepted by an empty queue
    public record Limits(int commands, long bytes) {}

    private final Limits limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Proposal> waiting = new ArrayDeque<>();
    /// All that may not have ended yet, oldest first: what the time limit looks through.
    private final Deque<Proposal> open = new ArrayDeque<>();
    private long waitingBytes;
    private int outstanding;
    private long outstandingBytes;
    private long refused;
    private boolean closed;
    /// What makes a batch full, as the batcher last said.
    private int fullCommands = 1;

    private long fullBytes;

    public ProposalQueue(Limits limits) {
        this.limits = limits;
    }

    /// Accepts `proposal`, or throws [Unavailable.QueueFull] or [Unavailable.Stopping]; it is then never
    /// applied.
    public void offer(Proposal proposal) {
        lock.lock();
        try {
            if (closed) {
                throw new Unavailable.Stopping();
            }
            boolean fits = outstanding < limits.commands()
                    && (outstanding == 0 || outstandingBytes + proposal.bytes() <= limits.bytes());
            if (!fits) {
                refused++;
                throw new Unavailable.QueueFull();
            }
            proposal.accepted(System.nanoTime());
            outstanding++;
            outstandingBytes += proposal.bytes();
            waiting.addLast(proposal);
            waitingBytes += proposal.bytes();
            while (!open.isEmpty() && open.getFirst().hasEnded()) {
                open.removeFirst();
            }
            open.addLast(proposal);
            if (mattersToBatcher(proposal.bytes())) {
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Whether the batcher would decide otherwise than before the proposal of `bytes` came: it is the first
    /// that waits, or makes a batch full. Waking it for each of a thousand callers would cost more than the
    /// batches save.
    private boolean mattersToBatcher(int bytes) {
        return waiting.size() == 1
                || waiting.size() == fullCommands
                || (waitingBytes >= fullBytes && waitingBytes - bytes < fullBytes);
    }

    /// Gives back the room of proposals that are applied or have failed.
    void release(int commands, long bytes) {
        lock.lock();
        try {
            outstanding -= commands;
            outstandingBytes -= bytes;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// What the batcher decides on when it looks at the queue.
    ///
    /// @param oldestNanos when the oldest waiting proposal was accepted
    record Waiting(int commands, long bytes, long oldestNanos) {}

    /// When to take what waits, decided under the queue's lock.
    interface Trigger {
        /// Nanoseconds to wait before looking again, 0 to take now.
        long waitNanos(Waiting waiting);
    }

    /// Waits until `trigger` says so, then takes up to `maxCommands` and `maxBytes` (one command at least).
    /// Empty when the queue is closed and drained.
    List<Proposal> take(Trigger trigger, int maxCommands, long maxBytes) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            fullCommands = maxCommands;
            fullBytes = maxBytes;
            while (true) {
                if (waiting.isEmpty()) {
                    if (closed) {
                        return List.of();
                    }
                    changed.await();
                    continue;
                }
                long wait = trigger.waitNanos(new Waiting(
                        waiting.size(), waitingBytes, waiting.getFirst().acceptedNanos()));
                if (wait <= 0) {
                    List<Proposal> taken = drain(maxCommands, maxBytes);
                    if (!taken.isEmpty()) {
                        return taken;
                    }
                    continue;
                }
                changed.awaitNanos(wait);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Takes proposals for one entry, all bound to the same term or all to none. Passes over those whose callers have
    /// been told that no leader took them. May find nothing.
    private List<Proposal> drain(int maxCommands, long maxBytes) {
        List<Proposal> taken = new ArrayList<>(Math.min(maxCommands, waiting.size()));
        long bytes = 0;
        while (!waiting.isEmpty() && taken.size() < maxCommands) {
            Proposal next = waiting.getFirst();
            if (next.hasEnded()) {
                waiting.removeFirst();
                waitingBytes -= next.bytes();
                outstanding--;
                outstandingBytes -= next.bytes();
                continue;
            }
            boolean fits = taken.isEmpty()
                    || (bytes + next.bytes() <= maxBytes
                            && next.term() == taken.getFirst().term());
            if (!fits) {
                break;
            }
            taken.add(waiting.removeFirst());
            bytes += next.bytes();
        }
        waitingBytes -= bytes;
        return taken;
    }

    /// Fails the callers whose proposals were accepted more than `limitNanos` ago. Those that a leader may have go on
    /// and keep their room: they may still be applied. The others are passed over when their turn comes.
    public void timeOut(long limitNanos) {
        List<Proposal> late = new ArrayList<>();
        lock.lock();
        try {
            long now = System.nanoTime();
            while (!open.isEmpty()) {
                Proposal oldest = open.getFirst();
                if (!oldest.hasEnded() && now - oldest.acceptedNanos() < limitNanos) {
                    break;
                }
                late.add(open.removeFirst());
            }
        } finally {
            lock.unlock();
        }
        late.forEach(Proposal::timeOut);
    }

    /// Accepts no more. What waits is still taken.
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// How full it is.
    ///
    /// @param waiting     commands not yet taken by the batcher
    /// @param outstanding commands accepted and not yet applied
    /// @param bytes       of those outstanding
    /// @param refused     commands refused since the start
    public record Depth(int waiting, int outstanding, long bytes, long refused) {}

    public Depth depth() {
        lock.lock();
        try {
            return new Depth(waiting.size(), outstanding, outstandingBytes, refused);
        } finally {
            lock.unlock();
        }
    }
}
