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
/// JRaft's own handler gives answers back in the order of the calls, which it keeps by pairs of members. The sender
/// puts them in order by itself, and that handler does harm: when a lane ends it waits for its thread, up to 15 seconds
/// on the thread of the transport, while that thread waits for its lock; and it drops the answers to a new lane's calls
/// when the end of the old one comes after them, so that the sender waits until its time limit.
final class AppendHandler extends NodeRequestProcessor<AppendEntriesRequest> {
    AppendHandler(Executor executor) {
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
