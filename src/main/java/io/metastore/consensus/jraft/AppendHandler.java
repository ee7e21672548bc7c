package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.rpc.RaftServerService;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.impl.core.NodeRequestProcessor;
import com.google.protobuf.Message;
import java.util.concurrent.Executor;

/// Hands appends to the node, which answers each when it is done.
///
<<<<<<<< HEAD:src/main/java/io/metastore/consensus/jraft/AppendHandler.java
/// JRaft's own handler gives answers back in the order of the calls, which it keeps by pairs of members. The sender
/// puts them in order by itself, and that handler does harm: when a lane ends it waits for its thread, up to 15 seconds
/// on the thread of the transport, while that thread waits for its lock; and it drops the answers to a new lane's calls
/// when the end of the old one comes after them, so that the sender waits until its time limit.
final class AppendHandler extends NodeRequestProcessor<AppendEntriesRequest> {
    AppendHandler(Executor executor) {
========
/// JRaft's own processor puts answers back into the order of calls, for which it keeps a thread and a queue for each
/// peer. That is not needed here, since an answer carries the number of its call and the replicator at the other end
/// sorts them. And it does harm: when a connection ends, JRaft's waits for that thread with a lock held that the thread
/// needs to finish, for 15 seconds, on the thread that reads from all members.
final class AppendAnswers extends NodeRequestProcessor<AppendEntriesRequest> {
    AppendAnswers(Executor executor) {
>>>>>>>> faults:src/main/java/io/metastore/consensus/jraft/AppendAnswers.java
        super(executor, AppendEntriesResponse.getDefaultInstance());
    }

    @Override
    protected Message processRequest0(
            RaftServerService node, AppendEntriesRequest request, RpcRequestClosure answering) {
        return node.handleAppendEntriesRequest(request, answering);
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
