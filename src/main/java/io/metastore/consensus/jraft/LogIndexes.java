package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Node;

/// How far a node's log is. JRaft refuses to say from the moment at which the node shuts down, by an exception
/// that would end the member as a fault does on most threads that ask: those that apply, hear of others, or run
/// the clock. Any thread may call.
final class LogIndexes {
    /// Of a node that shuts down: less than any index.
    static final long UNKNOWN = -1;

    private LogIndexes() {}

    /// The last entry of the log, or [#UNKNOWN].
    static long last(Node node) {
        try {
            return node.getLastLogIndex();
        } catch (IllegalStateException shutDown) {
            return UNKNOWN;
        }
    }

    /// The last entry that is agreed on, as far as this member knows, or [#UNKNOWN].
    static long committed(Node node) {
        try {
            return node.getLastCommittedIndex();
        } catch (IllegalStateException shutDown) {
            return UNKNOWN;
        }
    }

    /// The last entry that JRaft counts as applied, or [#UNKNOWN].
    static long applied(Node node) {
        try {
            return node.getLastAppliedLogIndex();
        } catch (IllegalStateException shutDown) {
            return UNKNOWN;
        }
    }
}
