package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.core.DefaultJRaftServiceFactory;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import java.nio.file.Path;

/// What JRaft keeps on disk: its own log and snapshots, and a vote that has a checksum.
final class DurableFiles extends DefaultJRaftServiceFactory {
    @Override
    public RaftMetaStorage createRaftMetaStorage(String folder, RaftOptions options) {
        return new VoteFile(Path.of(folder), options);
    }
}
