package io.metastore.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.WatchGrpc;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.service.AccessControl;
import io.metastore.watch.WatchHub;

/// etcd's Watch service. Each call is a [WatchStream] of its own.
public final class WatchEndpoint extends WatchGrpc.WatchImplBase {
    private final WatchHub hub;
    private final WatchEncoder encoder;
    private final AccessControl access;

    /// @param maxFragmentBytes size that a response must reach to be split where the client asked for
    ///     fragments: etcd's is its request limit and 512 KiB (WAT-25)
    public WatchEndpoint(WatchHub hub, Headers headers, int maxFragmentBytes, AccessControl access) {
        this.hub = hub;
        this.access = access;
        this.encoder = new WatchEncoder(headers, maxFragmentBytes);
    }

    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
        return new WatchStream(hub, encoder, access, (ServerCallStreamObserver<WatchResponse>) responses);
    }
}
