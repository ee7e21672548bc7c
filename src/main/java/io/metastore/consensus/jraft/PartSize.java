package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.util.Utils;
import org.jboss.logging.Logger;

/// How much of a snapshot's file goes in one message.
///
/// JRaft reads a part into a buffer of `jraft.byte_buf.size` bytes, 1,024 unless told otherwise, and while that is too
/// short copies it into one that is 1,024 bytes longer: a part of 1 MiB takes a thousand reads and 512 MiB of garbage.
/// The buffer is as long as a part here.
final class PartSize {
    static final int BYTES = 1 << 20;

    private static final Logger LOG = Logger.getLogger(PartSize.class);
    private static final String PROPERTY = "jraft.byte_buf.size";

    static {
        System.setProperty(PROPERTY, Integer.toString(BYTES));
    }

    private PartSize() {}

    /// Tells JRaft, which looks once, when the first of its classes that needs to know is loaded. Called before.
    static void set() {
        if (Utils.RAFT_DATA_BUF_SIZE < BYTES) {
            LOG.warnf(
                    "%s is %d: members that take over this one's state will be slow",
                    PROPERTY, Utils.RAFT_DATA_BUF_SIZE);
        }
    }
}
