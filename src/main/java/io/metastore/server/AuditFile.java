package io.metastore.server;

import io.metastore.api.audit.AuditedCall;
import io.metastore.measure.RareLine;
import io.metastore.thread.Threads;
import java.io.File;
import java.io.FileNotFoundException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.logging.ErrorManager;
import org.jboss.logging.Logger;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.handlers.SizeRotatingFileHandler;

/// Writes the audit log, on a thread of its own. Calls wait neither for it nor for its disk: what it cannot take or
/// write is counted, and the member's log says so.
///
/// Any thread hands over. Lines are in the order in which calls ended.
final class AuditFile implements Consumer<AuditedCall>, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(AuditFile.class);
    private static final int WAITING_MAX = 8_192;
    private static final int AT_ONCE = 256;
    /// How long what waits may take to be written when the member stops.
    private static final long LAST_LINES_MS = 2_000;

    private final Path file;
    private final boolean reads;
    private final SizeRotatingFileHandler handler;
    private final BlockingQueue<AuditedCall> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
    private final Thread thread;
    private final LongAdder written = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private final RareLine rare = new RareLine();
    /// Whether the line that is being written has failed. Of the writing thread.
    private Exception failed;
    private volatile boolean closing;

    /// @throws StartFailure when the file cannot be opened for writing
    static Optional<AuditFile> from(AuditConfig keys) {
        return keys.file().map(file -> new AuditFile(Path.of(file), keys));
    }

    private AuditFile(Path file, AuditConfig keys) {
        this.file = file;
        this.reads = keys.reads();
        long fileBytes = keys.fileBytes();
        try {
            handler = new SizeRotatingFileHandler(file.toFile(), true, fileBytes, keys.files()) {
                /// Leaves what is no regular file where it is, a pipe to a collector for example.
                @Override
                public void setFile(File opened) throws FileNotFoundException {
                    setRotateSize(!opened.exists() || opened.isFile() ? fileBytes : Long.MAX_VALUE);
                    super.setFile(opened);
                }
            };
        } catch (FileNotFoundException unusable) {
            throw new StartFailure(
                    ExitStatus.INPUT_OUTPUT,
                    "the audit log cannot be written: " + unusable.getMessage()
                            + "; set audit.file to a file that this user may write",
                    unusable);
        }
        handler.setAutoFlush(false);
        handler.setFormatter(new ExtFormatter() {
            @Override
            public String format(ExtLogRecord line) {
                return line.getMessage() + "\n";
            }
        });
        handler.setErrorManager(new ErrorManager() {
            @Override
            public void error(String what, Exception cause, int code) {
                failed = cause == null ? new IllegalStateException(what) : cause;
            }
        });
        thread = Threads.unstarted("audit-log", this::write, Threads.UNCAUGHT);
        thread.start();
    }

    /// Whether it wants calls that only read.
    boolean reads() {
        return reads;
    }

    /// Lines that are in the file.
    long written() {
        return written.sum();
    }

    /// Calls that are missing in the file, since there were too many or the disk did not take them.
    long lost() {
        return lost.sum();
    }

    @Override
    public void accept(AuditedCall call) {
        if (!waiting.offer(call)) {
            lose(1, "calls come faster than they are written");
        }
    }

    private void lose(int lines, String why) {
        lost.add(lines);
        if (rare.isDue()) {
            LOG.errorf(
                    "the audit log %s misses calls, %d so far: %s%s", file, lost.sum(), why, rare.suppressed("cases"));
        }
    }

    private void write() {
        List<AuditedCall> taken = new ArrayList<>();
        try {
            while (!closing || !waiting.isEmpty()) {
                AuditedCall first = waiting.poll(100, TimeUnit.MILLISECONDS);
                if (first != null) {
                    taken.add(first);
                    waiting.drainTo(taken, AT_ONCE - 1);
                    write(taken);
                    taken.clear();
                }
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<AuditedCall> calls) {
        failed = null;
        for (AuditedCall call : calls) {
            handler.publish(new ExtLogRecord(Level.INFO, call.json(), AuditFile.class.getName()));
        }
        handler.flush();
        if (failed == null) {
            written.add(calls.size());
        } else {
            lose(calls.size(), failed.toString());
        }
    }

    @Override
    public void close() throws InterruptedException {
        closing = true;
        thread.join(LAST_LINES_MS);
        thread.interrupt();
        handler.close();
    }
}
