package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.core.DefaultJRaftServiceFactory;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import java.nio.file.Path;

/// What JRaft keeps on disk: our log, its own snapshots, and a vote that has a checksum.
final class DurableFiles extends DefaultJRaftServiceFactory {
    private final LogStorage log;

    /// @param log already opened: what it holds is checked before JRaft exists
    DurableFiles(LogStorage log) {
        this.log = log;
    }

    @Override
    public LogStorage createLogStorage(String folder, RaftOptions options) {
        return log;
    }

    @Override
    public RaftMetaStorage createRaftMetaStorage(String folder, RaftOptions options) {
        return new VoteFile(Path.of(folder), options);
    }
}
