package io.metastore.bench;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.client.Endpoint;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/// A server that answers every call at once and keeps nothing: what remains is the cost of gRPC and of the
/// driver.
final class NullServer implements AutoCloseable {
    private static final ResponseHeader HEADER = ResponseHeader.newBuilder()
            .setClusterId(1)
            .setMemberId(1)
            .setRevision(1)
            .setRaftTerm(1)
            .build();

    private final EventLoopGroup group;
    private final Server server;

    private NullServer(EventLoopGroup group, Server server) {
        this.group = group;
        this.server = server;
    }

    /// Listens on a free port of the loopback address.
    static NullServer start() throws IOException {
        EventLoopGroup group = new NioEventLoopGroup(1, new DefaultThreadFactory("null-server", true));
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bossEventLoopGroup(group)
                .workerEventLoopGroup(group)
                .channelType(NioServerSocketChannel.class)
                .directExecutor()
                .addService(new NullKv())
                .addService(new NullMaintenance())
                .build()
                .start();
        return new NullServer(group, server);
    }

    Endpoint endpoint() {
        return new Endpoint("127.0.0.1", server.getPort(), false);
    }

    @Override
    public void close() {
        server.shutdownNow();
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    private static final class NullKv extends KVGrpc.KVImplBase {
        private static final PutResponse PUT =
                PutResponse.newBuilder().setHeader(HEADER).build();
        private static final RangeResponse RANGE =
                RangeResponse.newBuilder().setHeader(HEADER).build();

        @Override
        public void put(PutRequest request, StreamObserver<PutResponse> reply) {
            reply.onNext(PUT);
            reply.onCompleted();
        }

        @Override
        public void range(RangeRequest request, StreamObserver<RangeResponse> reply) {
            reply.onNext(RANGE);
            reply.onCompleted();
        }
    }

    private static final class NullMaintenance extends MaintenanceGrpc.MaintenanceImplBase {
        @Override
        public void status(StatusRequest request, StreamObserver<StatusResponse> reply) {
            reply.onNext(StatusResponse.newBuilder().setHeader(HEADER).build());
            reply.onCompleted();
        }
    }
}
