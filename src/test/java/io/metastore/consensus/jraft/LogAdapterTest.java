package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.alipay.sofa.jraft.FSMCaller;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.core.NodeMetrics;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.error.LogEntryCorruptedException;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.option.LogManagerOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.LogManager;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.storage.impl.LogManagerImpl;
import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.log.SegmentSizes;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The log under the log manager that JRaft's replicators and state machine really ask.
@Timeout(60)
class LogAdapterTest {
    private static final SegmentSizes SMALL = new SegmentSizes(4, 16);
    private static final long TERM = 3;
    private static final int ENTRIES = 60;

    @TempDir
    private Path folder;

    private RaftLog log;
    private final LogManagerImpl manager = new LogManagerImpl();
    private final AtomicReference<String> fault = new AtomicReference<>();
    private final AtomicReference<RaftException> error = new AtomicReference<>();
    private volatile Held held;

    /// A reader that has found out that the log has the entry, and has not read it yet.
    private record Held(long index, CountDownLatch reached, CountDownLatch released) {}

    /// Starts a manager of a log with entries that it does not hold in memory.
    @BeforeEach
    void start() throws Exception {
        log = RaftLog.open(folder, SMALL);
        log.create();
        LogManagerOptions options = new LogManagerOptions();
        options.setGroupId("group");
        options.setLogEntryCodecFactory(LogEntryV2CodecFactory.getInstance());
        options.setLogStorage(holding(new LogAdapter(log, new DiskMetrics(), this::halt)));
        options.setConfigurationManager(new ConfigurationManager());
        options.setNodeMetrics(new NodeMetrics(false));
        options.setRaftOptions(new RaftOptions());
        options.setFsmCaller(caller());
        assertTrue(manager.init(options));
        for (int i = 1; i <= ENTRIES; i++) {
            append("entry " + i);
        }
        manager.setAppliedId(new LogId(ENTRIES, TERM));
        assertTrue(files().size() > 4, () -> "files: " + files());
    }

    @AfterEach
    void stop() throws Exception {
        manager.shutdown();
        manager.join();
        log.close();
    }

    private void halt(String what, Throwable cause) {
        fault.compareAndSet(null, what + ": " + cause.getMessage());
    }

    private LogStorage holding(LogAdapter adapter) {
        return (LogStorage) Proxy.newProxyInstance(
                LogStorage.class.getClassLoader(), new Class<?>[] {LogStorage.class}, (_, method, arguments) -> {
                    Held now = held;
                    if (now != null && method.getName().equals("getEntry") && arguments[0].equals(now.index)) {
                        now.reached.countDown();
                        now.released.await();
                    }
                    try {
                        return method.invoke(adapter, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private FSMCaller caller() {
        return (FSMCaller) Proxy.newProxyInstance(
                FSMCaller.class.getClassLoader(), new Class<?>[] {FSMCaller.class}, (_, method, arguments) -> {
                    if (!method.getName().equals("onError")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    error.compareAndSet(null, (RaftException) arguments[0]);
                    return true;
                });
    }

    private void append(String text) throws Exception {
        LogEntry entry = new LogEntry(EntryType.ENTRY_TYPE_DATA);
        entry.setId(new LogId(0, TERM));
        entry.setData(ByteBuffer.wrap((text + " " + "x".repeat(300)).getBytes(StandardCharsets.US_ASCII)));
        CompletableFuture<Status> end = new CompletableFuture<>();
        List<LogEntry> entries = new ArrayList<>(List.of(entry));
        manager.appendEntries(entries, new LogManager.StableClosure() {
            @Override
            public void run(Status status) {
                end.complete(status);
            }
        });
        assertTrue(end.get(20, TimeUnit.SECONDS).isOk());
    }

    private static String text(LogEntry entry) {
        String text =
                StandardCharsets.US_ASCII.decode(entry.getData().duplicate()).toString();
        return text.substring(0, text.indexOf(" x"));
    }

    /// Tells the manager of a snapshot: it cuts the log behind the one before.
    private void snapshot(long index) {
        manager.setSnapshot(SnapshotMeta.newBuilder()
                .setLastIncludedIndex(index)
                .setLastIncludedTerm(TERM)
                .addPeers("1:1")
                .build());
        // The cut is made by the thread that writes; this waits for it.
        manager.getLastLogId(true);
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// JRaft looks whether it has an entry, and only then asks the log for it.
    @Test
    void anEntryThatIsCutOffWhileItIsAskedForIsStillThere() throws Exception {
        Held reader = new Held(5, new CountDownLatch(1), new CountDownLatch(1));
        held = reader;
        CompletableFuture<LogEntry> read = CompletableFuture.supplyAsync(() -> manager.getEntry(5));
        assertTrue(reader.reached.await(20, TimeUnit.SECONDS));
        snapshot(20);
        snapshot(40);
        assertEquals(21, log.first());
        reader.released.countDown();
        LogEntry entry = read.get(20, TimeUnit.SECONDS);
        assertNull(error.get(), () -> "JRaft stops: " + error.get());
        assertNull(fault.get());
        assertNotNull(entry);
        assertEquals("entry 5", text(entry));
        assertEquals(new LogId(5, TERM), entry.getId());
    }

    @Test
    void whatIsCutOffIsGoneOneCutLater() throws Exception {
        int before = files().size();
        snapshot(20);
        snapshot(40);
        assertEquals(before, files().size());
        assertNull(manager.getEntry(20), "the manager itself knows that it is cut off");
        assertEquals("entry 21", text(manager.getEntry(21)));
        snapshot(55);
        assertNull(log.read(20));
        assertEquals("entry 41", text(manager.getEntry(41)));
        stop();
        assertTrue(files().size() < before, () -> "files: " + files());
        try (RaftLog opened = RaftLog.open(folder, SMALL)) {
            assertEquals(41, opened.first());
            assertNull(opened.read(40));
            assertNotNull(opened.read(41));
        }
        assertNull(error.get());
        assertNull(fault.get());
    }

    /// An old file, which nobody reads but a follower that is far behind.
    /// JRaft asks for the term of the last entry with each one that it sends.
    @Test
    void theNewestEntriesAreNotReadUntilTheLogIsCut() throws Exception {
        LogAdapter adapter = new LogAdapter(log, new DiskMetrics(), this::halt);
        LogEntry newest = new LogEntry(EntryType.ENTRY_TYPE_DATA);
        newest.setId(new LogId(ENTRIES + 1, TERM));
        newest.setData(ByteBuffer.wrap("newest x".getBytes(StandardCharsets.US_ASCII)));
        assertTrue(adapter.appendEntry(newest));
        assertSame(newest, adapter.getEntry(ENTRIES + 1));
        assertEquals("entry 60", text(adapter.getEntry(ENTRIES)));
        assertTrue(adapter.truncateSuffix(ENTRIES));
        assertNull(adapter.getEntry(ENTRIES + 1));
        LogEntry other = new LogEntry(EntryType.ENTRY_TYPE_DATA);
        other.setId(new LogId(ENTRIES + 1, TERM + 1));
        other.setData(ByteBuffer.wrap("other x".getBytes(StandardCharsets.US_ASCII)));
        assertTrue(adapter.appendEntry(other));
        assertEquals(TERM + 1, adapter.getEntry(ENTRIES + 1).getId().getTerm());
    }

    @Test
    void aDamagedOldEntryHaltsTheMember() throws Exception {
        Path old = files().get(2);
        byte[] content = Files.readAllBytes(old);
        content[512 + 100] ^= 4;
        Files.write(old, content);
        long index = ByteBuffer.wrap(content).getLong(512 + 4 + 16);
        assertThrows(LogEntryCorruptedException.class, () -> manager.getEntry(index));
        assertEquals(
                "reading entry " + index + " of the raft log failed: " + old + " is damaged"
                        + " at byte 512: a frame does not fit its checksum",
                fault.get());
    }

    @Test
    void anEntryThatTheDiskDoesNotGiveHaltsTheMember() throws Exception {
        Path old = files().get(2);
        long index = ByteBuffer.wrap(Files.readAllBytes(old)).getLong(512 + 4 + 16);
        Files.write(old, new byte[700]);
        assertThrows(LogEntryCorruptedException.class, () -> manager.getTerm(index));
        assertEquals(
                "reading entry " + index + " of the raft log failed: " + old + " cannot be read at byte 512: " + old
                        + " ends at byte 700",
                fault.get());
    }
}
