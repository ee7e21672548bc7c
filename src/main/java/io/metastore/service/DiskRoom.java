package io.metastore.service;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Alarms;
import io.metastore.consensus.Freeable;
import io.metastore.consensus.ProposalQueue;
import io.metastore.engine.DiskSpace;
import io.metastore.thread.Threads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Whether the disk has room for a write. A thread looks at the disk five times a second; in between, what was let
/// through is counted on top.
///
/// With less left than is held in reserve the disk counts as full: writes that take space are refused here at once,
/// and NOSPACE is raised, as it is when the quota is used up. The reserve is for what brings room back: deletes, a
/// compaction, and what RocksDB and the raft log do then.
///
/// Example: 1 GiB, 128 MiB in reserve, 140 MiB left, 4 MiB of writes under way. Each byte of those goes into the log
/// and
/// into the state, so 132 MiB will be left: a write of 1.5 MiB passes, after which one of 1 MiB is refused.
public final class DiskRoom implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(DiskRoom.class);
    private static final long LOOK_MS = 200;
    /// A byte that is written goes into the log and into a table.
    private static final int COPIES = 2;
    /// A write that found no room makes the disk count as full for so long, whatever it says of itself.
    private static final long FAILED_NANOS = 10_000_000_000L;
    /// Freeing less than this is not worth a snapshot.
    private static final long WORTH_BYTES = 16L << 20;

    /// Nor is this while the disk is only nearly full.
    private static final long WORTH_BEFORE_BYTES = 64L << 20;

    private static final long LEAST_PAUSE_NANOS = 1_000_000_000L;
    private static final long MOST_PAUSE_NANOS = 60_000_000_000L;
    private static final long SAID_AGAIN_NANOS = 5_000_000_000L;
    private static final Duration RAISING = Duration.ofSeconds(10);

    private final DiskSpace disk;
    private final ProposalQueue queue;
    private final AlarmService alarms;
    private final Supplier<Alarms> raised;
    private final Alarm own;
    private final Freeable freeable;
    private final Thread thread;
    private final AtomicLong since = new AtomicLong();
    /// Above the reserve, when all is written that was under way at the last look.
    private volatile long left = Long.MAX_VALUE;
    private volatile boolean full;
    private volatile boolean closed;
    private long saidUsable;
    private long saidNanos;
    private boolean unreadable;
    /// Guarded by `this`.
    private long pauseNanos = LEAST_PAUSE_NANOS;

    private long freedNanos = System.nanoTime() - MOST_PAUSE_NANOS;

    /// @param own    NOSPACE of this member
    /// @param faults told when a bug ends the thread
    public DiskRoom(
            DiskSpace disk,
            ProposalQueue queue,
            AlarmService alarms,
            Supplier<Alarms> raised,
            Alarm own,
            Freeable freeable,
            Threads.Halt faults) {
        this.disk = disk;
        this.queue = queue;
        this.alarms = alarms;
        this.raised = raised;
        this.own = own;
        this.freeable = freeable;
        this.thread = Threads.unstarted("disk-room", this::run, faults);
    }

    /// Begins to look; says so when the quota cannot be reached.
    ///
    /// @param quota bytes; empty for none
    public void start(OptionalLong quota) {
        if (disk.reserve() == 0) {
            return;
        }
        long most = disk.total() - disk.reserve();
        if (quota.isPresent() && quota.getAsLong() > most) {
            LOG.infof(
                    "quota-backend-bytes is %d MiB, but the disk has %d MiB, of which %d MiB are held in reserve: the disk"
                            + " will be full first",
                    mib(quota.getAsLong()), mib(disk.total()), mib(disk.reserve()));
        }
        thread.start();
    }

    /// Whether a write of `cost` bytes leaves the reserve alone.
    public boolean hasRoomFor(long cost) {
        return cost == 0 || (!full && COPIES * since.addAndGet(cost) <= left);
    }

    /// Whether this member has raised NOSPACE.
    boolean isAlarmRaised() {
        return raised.get().raised().contains(own);
    }

    /// Whether an alarm has what takes space refused when it is applied (ALM-03): then it need not be proposed, and its
    /// bytes stay out of the log.
    boolean isBarred() {
        Alarms now = raised.get();
        return now.isRaised(Alarm.Type.NO_SPACE) && !now.isRaised(Alarm.Type.CORRUPT);
    }

    /// Whether room is wanted: what was deleted should leave the files now.
    boolean isWanted() {
        return full || isAlarmRaised();
    }

    private void run() {
        try {
            while (!closed) {
                look();
                Thread.sleep(LOOK_MS);
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() throws InterruptedException {
        try {
            long letThrough = since.getAndSet(0);
            long underWay = Math.max(letThrough, queue.depth().bytes());
            long usable = disk.usable();
            unreadable = false;
            left = usable - disk.reserve() - COPIES * underWay;
            boolean failed = disk.failedWithin(FAILED_NANOS);
            boolean now = failed || usable < (full ? disk.reserve() + disk.reserve() / 8 : disk.reserve());
            said(now, usable);
            full = now;
            if (full) {
                raise();
            }
            if (isWanted() || usable < 2 * disk.reserve()) {
                freeNow();
            }
            disk.keep();
        } catch (IOException | UncheckedIOException failure) {
            if (!unreadable) {
                LOG.warnf("the room on the disk is not known: %s", failure);
            }
            unreadable = true;
        }
    }

    private void said(boolean now, long usable) {
        long nanos = System.nanoTime();
        if (now && !full) {
            LOG.warnf(
                    "the disk is full: %d MiB of %d MiB are left, %d MiB are held in reserve; writes are refused: delete"
                            + " keys, compact, then `etcdctl alarm disarm`",
                    mib(usable), mib(disk.total()), mib(disk.reserve()));
        } else if (full && !now) {
            LOG.infof("%d MiB of the disk are left again: `etcdctl alarm disarm` lets writes in", mib(usable));
        } else if (!now || nanos - saidNanos < SAID_AGAIN_NANOS || Math.abs(usable - saidUsable) < disk.reserve() / 8) {
            return;
        } else {
            LOG.infof(
                    "the disk is full still: %d MiB are left, %d MiB must be",
                    mib(usable), mib(disk.reserve() + disk.reserve() / 8));
        }
        saidNanos = nanos;
        saidUsable = usable;
    }

    /// Raises the alarm, also after it was disarmed too early.
    private void raise() {
        if (!isAlarmRaised()) {
            propose(true, own);
        }
    }

    /// Takes a snapshot even if nothing was written since the last: there is none without a new entry, so one is made
    /// that changes nothing, the end of an alarm of a member that there is not.
    private void snapshot() throws InterruptedException {
        propose(false, new Alarm(~own.memberId(), Alarm.Type.NO_SPACE));
        freeable.snapshotForRoom();
    }

    private void propose(boolean raise, Alarm alarm) {
        try {
            alarms.change(raise, alarm).await().atMost(RAISING);
        } catch (RuntimeException notYet) {
            LOG.warnf("the disk is full, and an alarm could not be changed yet: %s", reason(notYet));
        }
    }

    private static Throwable reason(RuntimeException failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /// Frees what can be done without, when that is worth it. Not more often than it helps: the pause doubles each time
    /// that nothing came of it.
    private synchronized void freeNow() throws IOException, InterruptedException {
        if (System.nanoTime() - freedNanos < pauseNanos) {
            return;
        }
        freedNanos = System.nanoTime();
        freeable.dropSpares();
        long worth = freeable.freedBySnapshot();
        if (worth < (isWanted() ? WORTH_BYTES : WORTH_BEFORE_BYTES)) {
            return;
        }
        snapshot();
        boolean helped = worth - freeable.freedBySnapshot() >= WORTH_BYTES / 2;
        pauseNanos = helped ? LEAST_PAUSE_NANOS : Math.min(2 * pauseNanos, MOST_PAUSE_NANOS);
        freedNanos = System.nanoTime();
    }

    /// Between two steps of merging: what the last snapshot still holds of the files that are gone takes room that the
    /// next step needs.
    void mergedSome() {
        try {
            if (freeable.freedBySnapshot() >= WORTH_BYTES) {
                synchronized (this) {
                    snapshot();
                }
            }
        } catch (IOException failure) {
            LOG.warnf("what a snapshot would free is not known: %s", failure);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private static long mib(long bytes) {
        return bytes >> 20;
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        disk.close();
        thread.interrupt();
        thread.join();
    }
}
