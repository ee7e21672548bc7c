package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.error.LogEntryCorruptedException;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import io.metastore.consensus.Faults;
import io.metastore.consensus.log.Entry;
import io.metastore.consensus.log.RaftLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/// The raft log as JRaft wants it, timed. JRaft takes no exceptions: when a change fails it is told that nothing was
/// done, reports an error of the log, and the member stops; the cause is in this log before that. When reading fails
/// the member is stopped here: JRaft would end the task that sends the log to a follower, and nothing else, so that the
/// follower never caught up and nobody knew.
final class LogAdapter implements LogStorage {
    private static final Logger LOG = Logger.getLogger(LogAdapter.class);

    /// Largest entry that is kept in memory.
    private static final int KEPT_BYTES_MAX = 64 << 10;

    private final RaftLog log;
    private final DiskMetrics metrics;
    private final Faults faults;
    /// The entries that were appended last, up to two: JRaft asks for the term of the one before with every append that
    /// it sends, and has forgotten that one itself once it is applied.
    private volatile List<LogEntry> newest = List.of();

    /// @param log    opened and checked; closed by JRaft
    /// @param faults told, on whichever thread reads, when an entry cannot be read
    LogAdapter(RaftLog log, DiskMetrics metrics, Faults faults) {
        this.log = log;
        this.metrics = metrics;
        this.faults = faults;
    }

    /// Something that the log is asked to do.
    private interface Work {
        void run() throws IOException;
    }

    private boolean done(String what, Work work) {
        try {
            work.run();
            return true;
        } catch (IOException | RuntimeException failure) {
            LOG.errorf("%s the raft log failed: %s", what, failure);
            return false;
        }
    }

    /// Tells JRaft of all memberships in the log.
    @Override
    public boolean init(LogStorageOptions options) {
        ConfigurationManager memberships = options.getConfigurationManager();
        return done("reading", () -> {
            for (long index : log.configurations()) {
                memberships.add(LogEntries.membership(LogEntries.toJraft(index, log.read(index))));
            }
        });
    }

    @Override
    public long getFirstLogIndex() {
        return log.first();
    }

    /// JRaft wants 0 when there is no entry.
    @Override
    public long getLastLogIndex() {
        return log.last() < log.first() ? 0 : log.last();
    }

    @Override
    public LogEntry getEntry(long index) {
        for (LogEntry entry : newest) {
            if (entry.getId().getIndex() == index) {
                return entry;
            }
        }
        try {
            Entry entry = log.read(index);
            return entry == null ? null : LogEntries.toJraft(index, entry);
        } catch (Throwable failure) {
            faults.halt("reading entry " + index + " of the raft log failed", failure);
            // Null would say that there is no such entry, and JRaft may act on that.
            throw new LogEntryCorruptedException("entry " + index + " of the raft log cannot be read", failure);
        }
    }

    @Override
    @Deprecated
    public long getTerm(long index) {
        LogEntry entry = getEntry(index);
        return entry == null ? 0 : entry.getId().getTerm();
    }

    @Override
    public boolean appendEntry(LogEntry entry) {
        return appendEntries(List.of(entry)) == 1;
    }

    /// All of them or none.
    @Override
    public int appendEntries(List<LogEntry> entries) {
        if (entries.isEmpty()) {
            return 0;
        }
        long started = System.nanoTime();
        List<Entry> own = new ArrayList<>(entries.size());
        long bytes = 0;
        for (LogEntry entry : entries) {
            Entry converted = LogEntries.of(entry);
            bytes += converted.data().remaining();
            own.add(converted);
        }
        metrics.appending(bytes);
        long first = entries.getFirst().getId().getIndex();
        boolean appended = done("appending to", () -> log.append(first, own));
        metrics.appended(System.nanoTime() - started);
        if (appended) {
            keep(entries.getLast());
        }
        return appended ? own.size() : 0;
    }

    private void keep(LogEntry entry) {
        if (entry.getData() != null && entry.getData().remaining() > KEPT_BYTES_MAX) {
            newest = List.of();
        } else {
            newest = newest.isEmpty() ? List.of(entry) : List.of(newest.getLast(), entry);
        }
    }

    @Override
    public boolean truncatePrefix(long firstKept) {
        newest = List.of();
        return done("cutting off the beginning of", () -> log.cutBefore(firstKept));
    }

    @Override
    public boolean truncateSuffix(long lastKept) {
        newest = List.of();
        return done("cutting off the end of", () -> log.cutAfter(lastKept));
    }

    @Override
    public boolean reset(long next) {
        newest = List.of();
        return done("emptying", () -> log.startAnew(next));
    }

    @Override
    public void shutdown() {
        done("closing", log::close);
    }
}
