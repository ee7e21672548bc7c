package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.core.DefaultJRaftServiceFactory;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import java.nio.file.Path;

/// What JRaft keeps on disk: our log, its own snapshots, and a vote that has a checksum.
final class DurableFiles extends DefaultJRaftServiceFactory {
    private final LogStorage log;
    private final Path meta;

    /// @param log  already opened: what it holds is checked before JRaft exists
    /// @param meta folder of the vote; JRaft knows its text only, which does not tell of which file system it is
    DurableFiles(LogStorage log, Path meta) {
        this.log = log;
        this.meta = meta;
    }

    @Override
    public LogStorage createLogStorage(String folder, RaftOptions options) {
        return log;
    }

    @Override
    public RaftMetaStorage createRaftMetaStorage(String folder, RaftOptions options) {
        return new VoteFile(meta, options);
    }
}
