package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RaftRpcFactory;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.rpc.impl.ConnectionClosedEventListener;
import com.alipay.sofa.jraft.util.Endpoint;
import com.alipay.sofa.jraft.util.SPI;

/// How a member without peers reaches them: not at all. Every call fails with an error that says so, and
/// nothing listens. The transport between members takes its place when there is one.
@SPI(name = "solo", priority = 10)
public final class SoloRpcFactory implements RaftRpcFactory {
    @Override
    public void registerProtobufSerializer(String className, Object... arguments) {
        // Nothing is ever serialized for a peer.
    }

    @Override
    public RpcClient createRpcClient(ConfigHelper<RpcClient> config) {
        return new NoPeersClient();
    }

    @Override
    public RpcServer createRpcServer(Endpoint endpoint, ConfigHelper<RpcServer> config) {
        return new NoPeersServer();
    }

    private static final class NoPeersClient implements RpcClient {
        @Override
        public boolean init(RpcOptions options) {
            return true;
        }

        @Override
        public void shutdown() {
            // Nothing is open.
        }

        @Override
        public boolean checkConnection(Endpoint endpoint) {
            return false;
        }

        @Override
        public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
            return false;
        }

        @Override
        public void closeConnection(Endpoint endpoint) {
            // Nothing is open.
        }

        @Override
        public void registerConnectEventListener(ReplicatorGroup group) {
            // Nothing ever connects.
        }

        @Override
        public Object invokeSync(Endpoint endpoint, Object request, InvokeContext context, long timeoutMs)
                throws RemotingException {
            throw noPeers(endpoint);
        }

        @Override
        public void invokeAsync(
                Endpoint endpoint, Object request, InvokeContext context, InvokeCallback callback, long timeoutMs)
                throws RemotingException {
            throw noPeers(endpoint);
        }

        private static RemotingException noPeers(Endpoint endpoint) {
            return new RemotingException("this member has no transport to other members, asked to call " + endpoint);
        }
    }

    private static final class NoPeersServer implements RpcServer {
        @Override
        public boolean init(Void options) {
            return true;
        }

        @Override
        public void shutdown() {
            // Nothing listens.
        }

        @Override
        public void registerConnectionClosedEventListener(ConnectionClosedEventListener listener) {
            // No connection is ever opened.
        }

        @Override
        public void registerProcessor(RpcProcessor<?> processor) {
            // No request ever arrives.
        }

        @Override
        public int boundPort() {
            return 0;
        }

        @Override
        public boolean isStarted() {
            return true;
        }
    }
}
