package io.metastore.consensus.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Threads read beside the one that appends and cuts.
@Timeout(120)
class LogReadersTest {
    private static final SegmentSizes SMALL = new SegmentSizes(4, 16);
    private static final int READERS = 4;
    /// As many are never cut off from the end in a row.
    private static final int END_CUT_MAX = 40;

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private RaftLog log;

    @BeforeEach
    void open() throws IOException {
        log = RaftLog.open(folder, SMALL);
    }

    @AfterEach
    void close() throws IOException {
        threads.shutdownNow();
        log.close();
    }

    private void append(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            log.append(log.last() + 1, List.of(numbered(log.last() + 1, 7)));
        }
    }

    /// An entry that says which it is.
    private static Entry numbered(long index, long term) {
        return LogModel.entry("entry " + index + " of term " + term + " " + "x".repeat((int) (index % 7) * 90), term);
    }

    private static void assertIs(long index, Entry entry) {
        assertEquals(LogModel.text(numbered(index, entry.term())), LogModel.text(entry));
    }

    /// What the writer has done so far, each counted when it is over.
    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();

    @Test
    void readersFindEachEntryWhateverIsCutOff() throws Exception {
        AtomicBoolean written = new AtomicBoolean();
        AtomicLong found = new AtomicLong();
        append(100);
        List<Future<?>> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            Random random = new Random(i);
            readers.add(threads.submit(() -> {
                while (!written.get()) {
                    readSome(random, found);
                }
                return null;
            }));
        }
        write();
        written.set(true);
        for (Future<?> reader : readers) {
            reader.get(60, TimeUnit.SECONDS);
        }
        System.out.println(found + " entries were read beside " + ended + " cuts");
        assertTrue(found.get() > 1000, () -> "found " + found);
    }

    /// Appends, cuts off the beginning, and now and then the end, which is written anew in a new term.
    private void write() throws IOException {
        Random random = new Random(99);
        long term = 7;
        for (int step = 0; step < 6000; step++) {
            int dice = random.nextInt(12);
            if (dice == 0 && log.last() - log.first() > 100) {
                begun.incrementAndGet();
                log.cutBefore(log.first() + 10 + random.nextInt(10));
                ended.incrementAndGet();
            } else if (dice == 1) {
                term++;
                log.cutAfter(log.last() - random.nextInt(3));
            } else {
                long next = log.last() + 1;
                log.append(next, List.of(numbered(next, term), numbered(next + 1, term)));
            }
        }
    }

    /// Reads a few entries in order, as a follower is sent them. One that was there stays over one cut; the last ones
    /// may be cut off from the end.
    private void readSome(Random random, AtomicLong found) throws IOException {
        long before = ended.get();
        long first = log.first();
        long last = log.last();
        long from = random.nextInt(3) == 0 ? first : random.nextLong(first, last + 1);
        for (long index = from; index < Math.min(from + 6, last + 1); index++) {
            Entry entry = log.read(index);
            if (entry == null) {
                long missing = index;
                assertTrue(
                        begun.get() - before > 1 || missing > last - END_CUT_MAX,
                        () -> "entry " + missing + " was there one cut ago");
                return;
            }
            assertIs(index, entry);
            found.incrementAndGet();
        }
    }

    /// Java closes a channel under a thread that is interrupted.
    @Test
    void aReaderThatIsInterruptedTakesNothingFromTheWriter() throws Exception {
        append(60);
        Future<Boolean> interrupted = threads.submit(() -> {
            Thread.currentThread().interrupt();
            for (long index = 1; index <= 60; index++) {
                assertIs(index, log.read(index));
            }
            return Thread.interrupted();
        });
        assertTrue(interrupted.get(), "the thread is still interrupted");
        append(5);
        assertIs(65, log.read(65));
    }

    @Test
    void aReaderThatIsInterruptedWhileItReadsReadsOn() throws Exception {
        append(60);
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch reading = new CountDownLatch(1);
        Thread[] reader = new Thread[1];
        Future<?> read = threads.submit(() -> {
            reader[0] = Thread.currentThread();
            reading.countDown();
            while (!over.get()) {
                for (long index = 60; index > 0; index--) {
                    assertIs(index, log.read(index));
                }
            }
            return null;
        });
        reading.await();
        for (int i = 0; i < 2000 && !read.isDone(); i++) {
            reader[0].interrupt();
            append(1);
        }
        over.set(true);
        read.get(30, TimeUnit.SECONDS);
    }

    /// A pipe in place of a file is a disk that takes its time: whoever opens it waits until the test opens it, too.
    @Test
    void anAppendDoesNotWaitForADiskThatIsRead() throws Exception {
        append(60);
        Path oldest = LogFile.inUse(folder).getFirst();
        Files.move(oldest, folder.resolve("away"));
        assertEquals(0, new ProcessBuilder("mkfifo", oldest.toString()).start().waitFor());
        AtomicReference<Thread> reader = new AtomicReference<>(Thread.currentThread());
        Future<Entry> read = threads.submit(() -> {
            reader.set(Thread.currentThread());
            return log.read(1);
        });
        try {
            Eventually.holds(
                    "the reader waits",
                    () -> Arrays.stream(reader.get().getStackTrace())
                            .anyMatch(frame -> frame.getClassName().equals(FrameReader.class.getName())));
            Future<?> written = threads.submit(() -> {
                append(10);
                log.cutBefore(30);
                log.cutBefore(50);
                append(10);
                return null;
            });
            written.get(20, TimeUnit.SECONDS);
            assertFalse(read.isDone());
            assertNull(log.read(29));
            assertIs(30, log.read(30));
            // A file that is out of use is left alone until the last who reads from it has ended.
            assertTrue(Files.exists(oldest));
        } finally {
            FileChannel.open(oldest, StandardOpenOption.WRITE).close();
        }
        ExecutionException failure = assertThrows(ExecutionException.class, () -> read.get(20, TimeUnit.SECONDS));
        assertInstanceOf(IOException.class, failure.getCause());
        assertTrue(
                failure.getCause().getMessage().contains(oldest + " cannot be read at byte 512"),
                failure.getCause().getMessage());
        Eventually.holds("the file is put aside", () -> Files.notExists(oldest));
        assertNotNull(log.read(70));
    }
}
