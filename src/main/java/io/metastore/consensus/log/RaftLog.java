package io.metastore.consensus.log;

import io.metastore.consensus.log.LogIndex.Place;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.EngineFailure;
import io.metastore.thread.Threads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/// The raft log: numbered entries in files of fixed length that are written ahead of time and used again.
///
/// Every change is one frame behind the last one, synced before the call returns; no sector of an earlier frame
/// is written over. A file that is full is sealed, and the log goes on in the next. Files whose entries were all
/// cut off become spare and are written over one day.
///
/// One thread changes the log, any thread reads, and neither waits for the other's disk. Entries whose beginning was
/// cut off stay readable until the next such cut: JRaft looks whether it has an entry, and only then asks for it, so
/// that a cut may come in between. After a failed write nothing more is written: what the disk
/// holds then is known only to the next start.
public final class RaftLog implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(RaftLog.class);
    /// Buffers for larger frames are given up after use.
    private static final int BUFFER_BYTES = 256 << 10;
    /// The next file is not tried more often than this while it cannot be made.
    private static final long PREPARE_PAUSE_NANOS = 1_000_000_000;

    private final LogFolder folder;
    private final LogIndex index;
    private final Deque<Segment> segments;
    private final EntryReaders readers;
    private final ThreadPoolExecutor ahead;
    /// Out of use here, but not yet on the disk, nor before the last who reads from them has ended.
    private final Queue<Segment> retired = new ConcurrentLinkedQueue<>();
    /// Held while the log is changed or closed, and over each sync; what readers need is guarded by `this`.
    private final ReentrantLock writing = new ReentrantLock();

    private long serial;
    private Throwable failure;
    /// Number of the file that is being made ahead of time, or was.
    private volatile long prepared;
    /// When a file could not be made.
    private volatile long unprepared = System.nanoTime() - PREPARE_PAUSE_NANOS;
    /// Ends when the next file was made or could not be; never with a failure.
    private CompletableFuture<Void> preparing = CompletableFuture.completedFuture(null);
    private ByteBuffer frame = ByteBuffer.allocate(16 << 10);
    private ByteBuffer sectors = ByteBuffer.allocateDirect(16 << 10);

    private RaftLog(LogFolder folder, Recovery recovery) {
        this.folder = folder;
        this.index = recovery.index();
        this.segments = recovery.segments();
        this.readers = new EntryReaders(this, index, this::left);
        this.serial = recovery.serial();
        this.ahead = Threads.pool("raft-log-files", 1, new LinkedBlockingQueue<>(), Threads.UNCAUGHT);
        ahead.setKeepAliveTime(5, TimeUnit.SECONDS);
        ahead.allowCoreThreadTimeOut(true);
    }

    /// Reads the whole log and checks it. Its end is cut off where a crash tore it, and its last frame is written once
    /// more; what the log holds does not change.
    ///
    /// @param folder need not exist
    /// @throws EngineFailure naming the file that is damaged, missing or of another format
    public static RaftLog open(Path folder, SegmentSizes sizes) throws IOException {
        return open(folder, sizes, DiskSpace.unbounded());
    }

    /// @param disk asked for the room in reserve when a file cannot be made
    public static RaftLog open(Path folder, SegmentSizes sizes, DiskSpace disk) throws IOException {
        LogFolder files = LogFolder.open(folder, sizes, disk);
        return new RaftLog(files, Recovery.of(files));
    }

    /// Whether there is a log at all, be it an empty one.
    public synchronized boolean exists() {
        return !segments.isEmpty();
    }

    /// Makes the first file if there is none, so that a log that is lost is told from one that never was.
    public void create() throws IOException {
        if (segments.isEmpty()) {
            turnOver(0);
        }
    }

    /// Index of the first entry; of the one to come when the log is empty.
    public synchronized long first() {
        return index.first();
    }

    /// Index of the last entry, `first() - 1` when the log is empty.
    public synchronized long last() {
        return index.next() - 1;
    }

    /// Indexes of the entries that say who the members are, ascending.
    public synchronized List<Long> configurations() {
        return index.configurations();
    }

    /// Appends entries behind the last; they survive a loss of power when this returns.
    ///
    /// @param first index of the first of them, `last() + 1`
    /// @throws IOException when the disk fails or is full. The entries may be there at the next start.
    public void append(long first, List<Entry> entries) throws IOException {
        if (first != index.next()) {
            throw new IllegalArgumentException("entry " + first + " cannot be appended, the log in " + folder.path()
                    + " goes on with entry " + index.next());
        }
        write(Frame.Kind.ENTRIES, index.next(), entries);
    }

    /// Cuts off what lies before an entry; with `index` beyond the end, everything, and the log goes on there.
    /// The files are put aside later, by another thread.
    public void cutBefore(long index) throws IOException {
        if (index > first()) {
            write(Frame.Kind.FROM, index, List.of());
            retire();
        }
    }

    /// Cuts off what lies behind an entry.
    public void cutAfter(long index) throws IOException {
        if (index < last()) {
            write(Frame.Kind.TO, index, List.of());
        }
    }

    /// Cuts off everything. The next entry will have `index`.
    public void startAnew(long index) throws IOException {
        write(Frame.Kind.ANEW, index, List.of());
        retire();
    }

    private void write(Frame.Kind kind, long argument, List<Entry> entries) throws IOException {
        writing.lock();
        try {
            writeAlone(kind, argument, entries);
        } finally {
            writing.unlock();
        }
    }

    private void writeAlone(Frame.Kind kind, long argument, List<Entry> entries) throws IOException {
        if (failure != null) {
            throw new IOException("the raft log takes nothing more since it failed or was closed", failure);
        }
        try {
            int needed = Sectors.holding(Frame.bytes(entries));
            if (segments.isEmpty() || !segments.getLast().hasRoom(needed)) {
                turnOver(needed);
            }
            Place place = put(kind, argument, entries);
            synchronized (this) {
                switch (kind) {
                    case ENTRIES -> index.entries(entries, place);
                    case FROM -> index.beginsAt(argument);
                    case TO -> index.endsAt(argument);
                    case ANEW -> index.anew(argument);
                    case SEALED -> throw new IllegalArgumentException("files are sealed when they are full");
                }
                if (kind != Frame.Kind.ENTRIES) {
                    readers.forget();
                }
            }
        } catch (IOException | RuntimeException | Error writing) {
            failure = writing;
            throw writing;
        }
        prepareAhead();
    }

    /// Writes a frame to the newest file, where it must have room.
    private Place put(Frame.Kind kind, long argument, List<Entry> entries) throws IOException {
        Segment segment = segments.getLast();
        int bytes = Frame.bytes(entries);
        int count = Sectors.holding(bytes);
        makeRoom(bytes, count);
        Frame.write(frame, serial, kind, argument, entries);
        sectors.clear();
        Sectors.split(frame, Sectors.mark(serial), sectors);
        segment.write(sectors.flip());
        Place place = new Place(segment, segment.used(), serial);
        synchronized (this) {
            segment.use(segment.used() + count);
        }
        serial = Sectors.following(serial);
        if (sectors.capacity() > BUFFER_BYTES) {
            frame = ByteBuffer.allocate(16 << 10);
            sectors = ByteBuffer.allocateDirect(16 << 10);
        }
        return place;
    }

    private void makeRoom(int bytes, int count) {
        if (frame.capacity() < bytes) {
            frame = ByteBuffer.allocate(Math.max(bytes, 2 * frame.capacity()));
        }
        if (sectors.capacity() < count * Sectors.BYTES) {
            sectors = ByteBuffer.allocateDirect(Math.max(count * Sectors.BYTES, 2 * sectors.capacity()));
        }
    }

    /// Goes on in the next file. That is there before this one is sealed: so a sealed file without a next one tells
    /// of a loss, and a next one without a seal of a crash just here.
    private void turnOver(int needed) throws IOException {
        int length = Segment.FRAMES + needed + 1;
        if (segments.isEmpty()) {
            begin(folder.begin(length, 1, serial, index.first(), index.next()));
            return;
        }
        preparing.join();
        long number = segments.getLast().header().number() + 1;
        Segment next = folder.begin(length, number, Sectors.following(serial), index.first(), index.next());
        try {
            put(Frame.Kind.SEALED, 0, List.of());
        } catch (IOException unsealed) {
            next.close();
            throw unsealed;
        }
        begin(next);
    }

    private synchronized void begin(Segment segment) {
        segments.add(segment);
    }

    /// When the newest file is half full, the next one is made: filling it takes longer than an append may. One that
    /// could not be made is tried again, a second later at the soonest.
    private void prepareAhead() {
        Segment newest = segments.getLast();
        long next = newest.header().number() + 1;
        if (prepared < next
                && newest.used() > newest.header().sectors() / 2
                && System.nanoTime() - unprepared >= PREPARE_PAUSE_NANOS) {
            prepared = next;
            CompletableFuture<Void> made = new CompletableFuture<>();
            preparing = made;
            later(() -> {
                try {
                    folder.prepare(next);
                } catch (IOException notYet) {
                    LOG.warnf("the next file of the raft log in %s cannot be made yet: %s", folder.path(), notYet);
                    unprepared = System.nanoTime();
                    prepared = next - 1;
                } finally {
                    made.complete(null);
                }
            });
        }
    }

    /// What can wait and need not happen: the entry that asks for it is on the disk already.
    private void later(Runnable work) {
        try {
            ahead.execute(work);
        } catch (RejectedExecutionException | OutOfMemoryError notNow) {
            preparing.complete(null);
            LOG.warnf("no file of the raft log in %s is made or put aside now: %s", folder.path(), notNow);
        }
    }

    /// Takes files out of use whose entries cannot be read any more: the entries of a file come before the one that is
    /// next in the following file's header. They are found again if a crash comes first.
    private void retire() {
        while (segments.size() > 1) {
            Iterator<Segment> oldestFirst = segments.iterator();
            Segment oldest = oldestFirst.next();
            if (oldestFirst.next().header().next() > index.floor()) {
                break;
            }
            synchronized (this) {
                segments.removeFirst();
            }
            retired.add(oldest);
        }
        later(this::putAside);
    }

    /// Deletes spare files, all but a few, in the background: others need their room.
    public void dropSpares() {
        later(() -> {
            try {
                folder.dropSpares();
            } catch (IOException notYet) {
                LOG.warnf("spare files of the raft log in %s stay: %s", folder.path(), notYet);
            }
        });
    }

    /// One file after the other, the oldest first: were a younger one out of use before, it would look lost.
    private void putAside() {
        try {
            for (Segment oldest = unread(); oldest != null; oldest = unread()) {
                folder.retire(oldest);
                retired.remove();
            }
        } catch (IOException notYet) {
            LOG.warnf("%s stays until the log is cut again: %s", retired.peek().file(), notYet);
        }
    }

    /// The oldest file that is out of use, null when there is none or somebody still reads from it.
    private synchronized Segment unread() {
        Segment oldest = retired.peek();
        return oldest == null || oldest.isRead() ? null : oldest;
    }

    /// Nobody reads any more from a file that may be out of use by now.
    private void left(Segment segment) {
        if (retired.contains(segment) && !ahead.isShutdown()) {
            later(this::putAside);
        }
    }

    /// Reads an entry; null when the log does not have it, or no longer. What lay before [#first] can be read until the
    /// beginning is cut off once more.
    ///
    /// @throws EngineFailure when its frame is not as it was written
    /// @throws IOException   naming the file and the byte when it cannot be read
    public Entry read(long wanted) throws IOException {
        return readers.read(wanted);
    }

    /// Waits for the entry that is being written and for the file that is being made. The log takes nothing more.
    @Override
    public void close() throws IOException {
        ahead.shutdown();
        writing.lock();
        try {
            failure = failure == null ? new ClosedChannelException() : failure;
            ahead.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            writing.unlock();
        }
        synchronized (this) {
            readers.forget();
            for (Segment segment : segments) {
                segment.close();
            }
            for (Segment segment : retired) {
                segment.close();
            }
        }
    }
}
