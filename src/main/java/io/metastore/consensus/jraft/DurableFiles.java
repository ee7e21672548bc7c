package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.core.DefaultJRaftServiceFactory;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import java.nio.file.Path;

/// What JRaft keeps on disk: a log that is timed, its own snapshots, and a vote that has a checksum.
final class DurableFiles extends DefaultJRaftServiceFactory {
    private final DiskMetrics metrics;

    DurableFiles(DiskMetrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public LogStorage createLogStorage(String folder, RaftOptions options) {
        return new TimedLog(folder, options, metrics);
    }

    @Override
    public RaftMetaStorage createRaftMetaStorage(String folder, RaftOptions options) {
        return new VoteFile(Path.of(folder), options);
    }
}
