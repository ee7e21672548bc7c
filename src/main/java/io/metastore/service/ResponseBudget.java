package io.metastore.service;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Executor;

/// Memory for large responses, in bytes: what is gathered for them, and what the transport holds until the
/// client has taken it. Every call has a [ResponseShare] of it.
///
/// | a read gathers | what it does |
/// |---|---|
/// | up to 64 KiB | goes on, without asking |
/// | up to 4 MiB | takes its part in passing; where none is free, it waits like a large one |
/// | more | starts again in its turn, with the part that it will need, at most one less at a time than there are
/// reading threads |
///
/// Nobody waits while it holds a part, so no two reads can wait for each other: a read whose part turns out too
/// small gives it back and starts again with the whole budget to itself. Who waits does so in order, without a
/// thread. An eighth on top of the budget is kept for reads of up to 4 MiB, which so never wait for clients
/// that are slow to take a large response.
///
/// Answers of writes are measured before they are proposed; where a write answers with more after all, the
/// budget is overdrawn rather than the answer lost.
public final class ResponseBudget {
    /// Responses up to this size are not counted.
    public static final long FREE = 64 << 10;

    /// Up to here a read takes its part blindly, beyond it estimates first.
    static final long PROBE = 256 << 10;

    private static final long IN_PLACE_MAX = 4 << 20;
    /// Bytes of a response for which a client has its time limit once more.
    private static final long PATIENCE_BYTES = 64 << 20;

    private final long bytes;
    private final long inPlace;
    private final long reserve;
    private final long patienceNanos;
    private final int builders;
    private final Executor reads;

    private final LinkedHashSet<Waiter> waiting = new LinkedHashSet<>();
    private final LinkedHashSet<ResponseShare> sending = new LinkedHashSet<>();
    private volatile long used;
    private long reserveUsed;
    private int building;
    private long waits;
    private long refused;
    private long cut;

    /// A read that waits for its turn.
    static final class Waiter {
        private final ResponseShare share;
        private final long need;
        private final Runnable attempt;

        private Waiter(ResponseShare share, long need, Runnable attempt) {
            this.share = share;
            this.need = need;
            this.attempt = attempt;
        }
    }

    /// What happens with the budget.
    ///
    /// @param used    bytes given out
    /// @param waiting reads that wait for their turn
    /// @param waits   reads that have waited, since the start
    /// @param refused reads whose answer was larger than the whole budget
    /// @param cut     calls cancelled because their client did not take its response in time
    public record Figures(long used, long waiting, long waits, long refused, long cut) {}

    /// @param bytes    what may be in memory at once; no response may be larger
    /// @param patience time that a client has to take a response, and once more for each 64 MiB of it
    /// @param builders most large responses gathered at the same time
    /// @param reads    threads that may wait for the disk
    public ResponseBudget(long bytes, Duration patience, int builders, Executor reads) {
        this.bytes = bytes;
        this.inPlace = Math.min(IN_PLACE_MAX, bytes / 16);
        this.reserve = bytes / 8;
        this.patienceNanos = patience.toNanos();
        this.builders = builders;
        this.reads = reads;
    }

    /// A new call's share.
    ///
    /// @param cancel ends the call because its client takes too long; the share is to be ended when it has ended
    public ResponseShare share(Runnable cancel) {
        return new ResponseShare(this, cancel);
    }

    public long bytes() {
        return bytes;
    }

    long inPlace() {
        return inPlace;
    }

    public synchronized Figures figures() {
        return new Figures(used + reserveUsed, waiting.size(), waits, refused, cut);
    }

    /// Whether more is given out than there is.
    boolean isOverdrawn() {
        return used > bytes;
    }

    /// Gives `share` a part of `size` bytes if there is room and nobody waits for it, else from the reserve.
    synchronized boolean takeInPlace(ResponseShare share, long size) {
        if (share.ended || size > inPlace) {
            return false;
        }
        if (!share.reserved && waiting.isEmpty() && used + size - share.held <= bytes) {
            used += size - share.held;
        } else if (reserveUsed + size - (share.reserved ? share.held : 0) <= reserve) {
            release(share);
            share.reserved = true;
            reserveUsed += size;
        } else {
            return false;
        }
        share.held = size;
        return true;
    }

    /// Enlarges the part of a large read to `size` bytes if there is room. It goes before those that wait, which
    /// hold nothing.
    synchronized boolean extend(ResponseShare share, long size) {
        if (share.ended || used + size - share.held > bytes) {
            return false;
        }
        used += size - share.held;
        share.held = size;
        return true;
    }

    /// Takes back what `share` has and runs `attempt` when `need` bytes are free for it.
    ///
    /// @param first before everybody who waits already
    synchronized void await(ResponseShare share, long need, boolean first, Runnable attempt) {
        release(share);
        if (share.ended) {
            return;
        }
        waits++;
        share.waiter = new Waiter(share, Math.min(need, bytes), attempt);
        if (first) {
            waiting.addFirst(share.waiter);
        } else {
            waiting.addLast(share.waiter);
        }
        admit();
    }

    private void admit() {
        while (!waiting.isEmpty() && building < builders) {
            Waiter next = waiting.getFirst();
            if (used + next.need > bytes) {
                return;
            }
            waiting.removeFirst();
            next.share.waiter = null;
            next.share.held = next.need;
            used += next.need;
            building++;
            reads.execute(() -> build(next.attempt));
        }
    }

    private void build(Runnable attempt) {
        try {
            attempt.run();
        } finally {
            synchronized (this) {
                building--;
                admit();
            }
        }
    }

    /// The response is made and about to be handed to the transport: what it takes from now on is its size there.
    synchronized void sending(ResponseShare share, long size) {
        if (share.ended) {
            return;
        }
        if (share.reserved) {
            reserveUsed += size - share.held;
        } else {
            used += size - share.held;
        }
        share.held = size;
        share.deadline = System.nanoTime() + patienceNanos + (long) ((double) size / PATIENCE_BYTES * patienceNanos);
        sending.add(share);
        admit();
    }

    /// Nothing of the response is in memory any more.
    synchronized void left(ResponseShare share) {
        sending.remove(share);
        release(share);
        admit();
    }

    synchronized void end(ResponseShare share) {
        share.ended = true;
        if (share.waiter != null) {
            waiting.remove(share.waiter);
            share.waiter = null;
        }
        left(share);
    }

    private void release(ResponseShare share) {
        if (share.reserved) {
            reserveUsed -= share.held;
            share.reserved = false;
        } else {
            used -= share.held;
        }
        share.held = 0;
    }

    synchronized ResponseTooLarge tooLarge(long size) {
        refused++;
        return new ResponseTooLarge(size, bytes);
    }

    /// Cancels the calls whose clients have not taken their response in time. To be called now and then.
    public void cutStalled() {
        List<ResponseShare> stalled = new ArrayList<>();
        synchronized (this) {
            long now = System.nanoTime();
            for (Iterator<ResponseShare> shares = sending.iterator(); shares.hasNext(); ) {
                ResponseShare share = shares.next();
                if (share.deadline - now < 0) {
                    shares.remove();
                    cut++;
                    stalled.add(share);
                }
            }
        }
        // Outside the lock: the transport answers by ending the share, maybe at once.
        stalled.forEach(ResponseShare::cancelCall);
    }
}
