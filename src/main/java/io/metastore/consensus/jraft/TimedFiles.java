package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.core.DefaultJRaftServiceFactory;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.LogStorage;

/// What JRaft keeps on disk: its own files, with a log that is timed.
final class TimedFiles extends DefaultJRaftServiceFactory {
    private final DiskMetrics metrics;

    TimedFiles(DiskMetrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public LogStorage createLogStorage(String folder, RaftOptions options) {
        return new TimedLog(folder, options, metrics);
    }
}
