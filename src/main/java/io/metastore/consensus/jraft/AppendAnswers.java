package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.rpc.RaftServerService;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.impl.core.NodeRequestProcessor;
import com.google.protobuf.Message;
import java.util.concurrent.Executor;

/// Answers appends and heartbeats, each as soon as raft has its answer.
///
/// JRaft's own processor puts answers back into the order of calls, for which it keeps a thread and a queue for each
/// peer. That is not needed here, since an answer carries the number of its call and the replicator at the other end
/// sorts them. And it does harm: when a connection ends, JRaft's waits for that thread with a lock held that the thread
/// needs to finish, for 15 seconds, on the thread that reads from all members.
final class AppendAnswers extends NodeRequestProcessor<AppendEntriesRequest> {
    AppendAnswers(Executor executor) {
        super(executor, AppendEntriesResponse.getDefaultInstance());
    }

    @Override
    protected Message processRequest0(RaftServerService raft, AppendEntriesRequest request, RpcRequestClosure done) {
        return raft.handleAppendEntriesRequest(request, done);
    }

    @Override
    protected String getPeerId(AppendEntriesRequest request) {
        return request.getPeerId();
    }

    @Override
    protected String getGroupId(AppendEntriesRequest request) {
        return request.getGroupId();
    }

    @Override
    public String interest() {
        return AppendEntriesRequest.class.getName();
    }
}
