package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.RaftRpcFactory;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.util.Endpoint;
import com.alipay.sofa.jraft.util.SPI;

/// How JRaft reaches other members: through the [io.metastore.consensus.peer.Peers] of the node's own options, since
/// there
/// is one such factory in a program and there may be several members.
@SPI(name = "peers", priority = 10)
public final class PeerRpcFactory implements RaftRpcFactory {
    @Override
    public void registerProtobufSerializer(String className, Object... arguments) {
        // Messages are listed in RaftMessage.
    }

    @Override
    public ConfigHelper<RpcClient> defaultJRaftClientConfigHelper(RpcOptions options) {
        if (!(options instanceof PeerNodeOptions own)) {
            throw new IllegalStateException("a raft node without a way to other members");
        }
        return client -> ((PeerRpcClient) client).use(own.peers(), own.metrics());
    }

    @Override
    public RpcClient createRpcClient(ConfigHelper<RpcClient> config) {
        PeerRpcClient client = new PeerRpcClient();
        config.config(client);
        return client;
    }

    @Override
    public RpcServer createRpcServer(Endpoint endpoint, ConfigHelper<RpcServer> config) {
        throw new UnsupportedOperationException("members answer each other through PeerRpcServer");
    }
}
