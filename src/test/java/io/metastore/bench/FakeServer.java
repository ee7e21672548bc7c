package io.metastore.bench;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/// A server in this process whose every put does what the test says.
final class FakeServer implements AutoCloseable {
    /// What happens to the put with a number, from 1 on.
    interface Put {
        void answer(long number, StreamObserver<PutResponse> reply);
    }

    private final Server server;
    private final int port;

    FakeServer(Function<FakeServer, Put> behaviour) throws IOException {
        AtomicLong number = new AtomicLong();
        Put put = behaviour.apply(this);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new KVGrpc.KVImplBase() {
                    @Override
                    public void put(PutRequest request, StreamObserver<PutResponse> reply) {
                        put.answer(number.incrementAndGet(), reply);
                    }
                })
                .addService(new MaintenanceGrpc.MaintenanceImplBase() {
                    @Override
                    public void status(StatusRequest request, StreamObserver<StatusResponse> reply) {
                        reply.onNext(StatusResponse.getDefaultInstance());
                        reply.onCompleted();
                    }
                })
                .build()
                .start();
        port = server.getPort();
    }

    static void ok(StreamObserver<PutResponse> reply) {
        reply.onNext(PutResponse.getDefaultInstance());
        reply.onCompleted();
    }

    static void refuse(StreamObserver<PutResponse> reply, Status status, String text) {
        reply.onError(status.withDescription(text).asRuntimeException());
    }

    String endpoint() {
        return "127.0.0.1:" + port;
    }

    /// As if the process were killed: connections break, the port closes.
    void die() {
        server.shutdownNow();
    }

    @Override
    public void close() {
        die();
    }
}
