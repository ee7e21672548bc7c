package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.util.ThreadPoolsFactory;
import io.metastore.thread.Threads;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Threads that JRaft runs its closures on, one pool for each group of this program.
final class RaftThreads {
    private static final Set<String> GROUPS_WITH_EXECUTOR = ConcurrentHashMap.newKeySet();

    private RaftThreads() {}

    /// JRaft's default pool rejects work beyond 64 threads, and one rejection at the wrong place leaves a hole
    /// in the log. It also keeps what its tasks throw in futures that nobody asks, such as that of sending
    /// the log to a follower. The pool outlives its node, so it knows no other way out than the program's.
    static void register(String group) {
        if (GROUPS_WITH_EXECUTOR.add(group)) {
            ThreadPoolExecutor executor =
                    Threads.pool("raft-closures", 4, new LinkedBlockingQueue<>(), Threads.UNCAUGHT);
            executor.setKeepAliveTime(60, TimeUnit.SECONDS);
            executor.allowCoreThreadTimeOut(true);
            ThreadPoolsFactory.registerThreadPool(group, executor);
        }
    }
}
