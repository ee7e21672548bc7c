package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import java.util.concurrent.atomic.AtomicBoolean;

/// Tells followers at once how far entries are agreed, when nothing else would before the next heartbeat: they could
/// not
/// apply until then, and a client that writes through one would wait for it with every write.
///
/// JRaft says how far entries are agreed with each append and each heartbeat. Under load the next append does; behind
/// the
/// last entry of a burst a read-index round does, whose heartbeats go out at once. One round is under way at a time.
///
/// ```
/// entries in the log  agreed  what happens
/// 1 to 7              5       nothing: 6 and 7 are on their way and tell of 5
/// 1 to 7              7       a round
/// ```
final class CommitNotice {
    private static final byte[] NO_CONTEXT = new byte[0];
    private static final long NO_TIME_LIMIT = -1;

    private final AtomicBoolean underWay = new AtomicBoolean();
    private volatile boolean again;

    /// Called on the apply thread of the leader behind what it applied.
    void applied(Node node) {
        if (node.getLastLogIndex() > node.getLastCommittedIndex()) {
            return;
        }
        again = true;
        tell(node);
    }

    private void tell(Node node) {
        if (!again || !underWay.compareAndSet(false, true)) {
            return;
        }
        again = false;
        node.readIndex(NO_CONTEXT, new ReadIndexClosure(NO_TIME_LIMIT) {
            @Override
            public void run(Status status, long index, byte[] context) {
                underWay.set(false);
                if (status.isOk()) {
                    tell(node);
                }
            }
        });
    }
}
