package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.impl.RocksDBLogStorage;
import java.io.IOException;
import java.util.List;

/// JRaft's log on RocksDB, timed.
final class TimedLog extends RocksDBLogStorage {
    private final DiskMetrics metrics;

    TimedLog(String folder, RaftOptions options, DiskMetrics metrics) {
        super(folder, options);
        this.metrics = metrics;
    }

    @Override
    public boolean appendEntry(LogEntry entry) {
        long started = System.nanoTime();
        boolean appended = super.appendEntry(entry);
        metrics.appended(System.nanoTime() - started);
        return appended;
    }

    @Override
    public int appendEntries(List<LogEntry> entries) {
        long started = System.nanoTime();
        int appended = super.appendEntries(entries);
        metrics.appended(System.nanoTime() - started);
        return appended;
    }

    @Override
    protected byte[] onDataAppend(long index, byte[] entry, WriteContext context)
            throws IOException, InterruptedException {
        metrics.appending(entry.length);
        return super.onDataAppend(index, entry, context);
    }
}
