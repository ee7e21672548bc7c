package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.util.RepeatedTimer;
import io.metastore.consensus.log.RaftLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/// Who votes by raft's configuration, as far as it is certain: the last one in the log is no step in between two, and
/// agreed. Until then the vote of one who goes may be needed, to end the step or to elect a leader who does.
///
/// ```
/// last configuration in the log          certain
/// {1, 2}, agreed                         {1, 2}
/// {1} and {1, 2} jointly, agreed or not  as before
/// {1}, not agreed                        as before
/// {1}, agreed                            {1}
/// none, all of the log was cut           as before; at the start, that of the snapshot
/// ```
public final class Voters {
    private static final Logger LOG = Logger.getLogger(Voters.class);

    private final long self;
    private volatile NodeImpl node;
    private volatile RaftLog log;
    private volatile Set<Long> certain = Set.of();
    private volatile boolean underWay;

    Voters(long self) {
        this.self = self;
    }

    void start(NodeImpl started, RaftLog opened) {
        log = opened;
        node = started;
        certain = ids(started.getCurrentConf());
        look();
    }

    /// Looks at the log. Any thread; called again and again.
    public synchronized void look() {
        NodeImpl current = node;
        if (current == null) {
            return;
        }
        List<Long> configurations = log.configurations();
        underWay = false;
        if (configurations.isEmpty()) {
            return;
        }
        long last = configurations.getLast();
        ConfigurationEntry entry;
        try {
            var read = log.read(last);
            if (read == null) {
                return; // cut meanwhile
            }
            entry = LogEntries.membership(LogEntries.toJraft(last, read));
        } catch (IOException failure) {
            throw new UncheckedIOException("reading entry " + last + " of the raft log failed", failure);
        }
        if (!entry.isStable() || LogIndexes.committed(current) < last) {
            underWay = true;
            return;
        }
        Set<Long> before = certain;
        certain = ids(entry.getConf());
        if (!before.contains(self) && certain.contains(self)) {
            begin(current);
        }
    }

    /// JRaft starts the timer of elections when a term begins, and not for a learner: one that gets a vote later would
    /// never elect anybody before the next term, and there may be none without it.
    private static void begin(NodeImpl node) {
        try {
            Field timer = NodeImpl.class.getDeclaredField("electionTimer");
            timer.setAccessible(true);
            ((RepeatedTimer) timer.get(node)).start();
            LOG.info("this member votes");
        } catch (ReflectiveOperationException absent) {
            throw new IllegalStateException("this version of JRaft has no timer of elections where it was", absent);
        }
    }

    private static Set<Long> ids(Configuration configuration) {
        return configuration.listPeers().stream().map(PeerAddress::member).collect(Collectors.toUnmodifiableSet());
    }

    /// Whether the last configuration is a certain one.
    boolean isCertain() {
        return !underWay;
    }

    /// Whether a member that the table does not have any more certainly has no vote either.
    public boolean areWithout(long member) {
        Set<Long> known = certain;
        return !underWay && !known.isEmpty() && !known.contains(member);
    }

    /// Whether somebody else votes, or did before a step that may not be over.
    boolean needsOthers(long member) {
        Set<Long> known = certain;
        return underWay || known.size() > 1 || !known.isEmpty() && !known.contains(member);
    }
}
