package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.EnumOutter.ErrorType;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.option.RaftMetaStorageOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import com.alipay.sofa.jraft.storage.impl.LocalRaftMetaStorage;
import io.metastore.consensus.log.FolderNames;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/// The member's term and vote. JRaft's own file has no checksum: a flipped bit in it would make the member
/// forget a term, and vote twice in it.
final class VoteFile implements RaftMetaStorage {
    /// Name of the file that JRaft wrote, read once.
    static final String FORMER = "raft_meta";

    static final String NAME = "vote";

    private static final Logger LOG = Logger.getLogger(VoteFile.class);
    private static final Pattern LINES = Pattern.compile("term (\\d+)\nvoted for (\\S*)\n");

    private final Path folder;
    private final RaftOptions options;
    private NodeImpl node;
    private Vote vote = new Vote(0, PeerId.emptyPeer());

    VoteFile(Path folder, RaftOptions options) {
        this.folder = folder;
        this.options = options;
    }

    /// @param votedFor the empty peer when there is no vote in the term
    record Vote(long term, PeerId votedFor) {}

    /// Reads the vote in a folder.
    ///
    /// @throws EngineFailure naming the file when it is damaged
    static Vote read(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        Matcher lines = LINES.matcher(CheckedText.read(file));
        PeerId votedFor = new PeerId();
        if (!lines.matches() || !(lines.group(2).isEmpty() || votedFor.parse(lines.group(2)))) {
            throw new EngineFailure(EngineFailure.Kind.DAMAGED, file + " holds no term and vote", null);
        }
        return new Vote(Long.parseLong(lines.group(1)), lines.group(2).isEmpty() ? PeerId.emptyPeer() : votedFor);
    }

    @Override
    public boolean init(RaftMetaStorageOptions opts) {
        node = opts.getNode();
        try {
            FolderNames.create(folder);
            if (Files.exists(folder.resolve(NAME))) {
                vote = read(folder);
                return true;
            }
            return Files.notExists(folder.resolve(FORMER)) || takeOver(opts);
        } catch (IOException | EngineFailure failure) {
            LOG.errorf("the vote in %s cannot be read: %s", folder, failure.getMessage());
            return false;
        }
    }

    private boolean takeOver(RaftMetaStorageOptions opts) throws IOException {
        LocalRaftMetaStorage former = new LocalRaftMetaStorage(folder.toString(), options);
        if (!former.init(opts)) {
            return false;
        }
        vote = new Vote(former.getTerm(), former.getVotedFor());
        write();
        Files.delete(folder.resolve(FORMER));
        return true;
    }

    private void write() throws IOException {
        String votedFor = vote.votedFor().isEmpty() ? "" : vote.votedFor().toString();
        CheckedText.write(folder.resolve(NAME), "term " + vote.term() + "\nvoted for " + votedFor + "\n");
    }

    private boolean save(Vote next) {
        vote = next;
        try {
            write();
            return true;
        } catch (IOException failure) {
            node.onError(new RaftException(
                    ErrorType.ERROR_TYPE_META,
                    RaftError.EIO,
                    "writing %s failed: %s",
                    folder.resolve(NAME),
                    failure.getMessage()));
            return false;
        }
    }

    @Override
    public boolean setTerm(long term) {
        return save(new Vote(term, vote.votedFor()));
    }

    @Override
    public boolean setVotedFor(PeerId peer) {
        return save(new Vote(vote.term(), peer));
    }

    @Override
    public boolean setTermAndVotedFor(long term, PeerId peer) {
        return save(new Vote(term, peer));
    }

    @Override
    public long getTerm() {
        return vote.term();
    }

    @Override
    public PeerId getVotedFor() {
        return vote.votedFor();
    }

    @Override
    public void shutdown() {
        // Every change was saved when it was made.
    }
}
