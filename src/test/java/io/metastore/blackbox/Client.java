package io.metastore.blackbox;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import io.metastore.api.etcd.etcdserverpb.WatchGrpc;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A connection to one member and the generated stubs on it, with short forms of the calls that most tests
/// make.
///
/// @param channel the connection; no limit on the size of answers
public record Client(ManagedChannel channel) implements AutoCloseable {

    /// How long a call may take on a busy machine.
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    /// A channel in plain text to a member. The caller shuts it down.
    public static Client connect(String host, int port) {
        return new Client(NettyChannelBuilder.forAddress(host, port)
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build());
    }

    /// A channel to the member at `endpoint`, whose calls all show `token`. The caller closes it.
    public static Client withToken(String endpoint, String token) {
        Metadata shown = new Metadata();
        shown.put(Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER), token);
        return new Client(NettyChannelBuilder.forTarget(endpoint)
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .intercept(MetadataUtils.newAttachHeadersInterceptor(shown))
                .build());
    }

    /// A channel on which a member can send 64 KiB ahead of the reader, no more.
    static Client connectSlow(String host, int port) {
        return new Client(NettyChannelBuilder.forAddress(host, port)
                .usePlaintext()
                .flowControlWindow(65_535)
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build());
    }

    public KVGrpc.KVBlockingStub kv() {
        return kv(PATIENCE);
    }

    public KVGrpc.KVBlockingStub kv(Duration limit) {
        return KVGrpc.newBlockingStub(channel).withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    public KVGrpc.KVStub kvAsync() {
        return KVGrpc.newStub(channel);
    }

    public WatchGrpc.WatchStub watch() {
        return WatchGrpc.newStub(channel);
    }

    public LeaseGrpc.LeaseBlockingStub lease() {
        return LeaseGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    public LeaseGrpc.LeaseStub leaseAsync() {
        return LeaseGrpc.newStub(channel);
    }

    public MaintenanceGrpc.MaintenanceBlockingStub maintenance() {
        return MaintenanceGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Puts one pair.
    public PutResponse put(ByteString key, String value) {
        return kv().put(Requests.put(key, value).build());
    }

    /// Puts one pair and returns the revision it got.
    public long putRevision(ByteString key, String value) {
        return put(key, value).getHeader().getRevision();
    }

    /// Deletes one key and returns the store's revision.
    public long delete(ByteString key) {
        return kv().deleteRange(Requests.delete(key).build()).getHeader().getRevision();
    }

    public RangeResponse range(RangeRequest.Builder request) {
        return kv().range(request.build());
    }

    /// The newest version of a key.
    public Optional<KeyValue> get(ByteString key) {
        return range(Requests.range(key)).getKvsList().stream().findFirst();
    }

    /// The newest versions of all keys of a test.
    public List<KeyValue> all(Keys keys) {
        return range(Requests.range(keys)).getKvsList();
    }

    public TxnResponse txn(TxnRequest.Builder request) {
        return kv().txn(request.build());
    }

    /// Current revision of the store.
    public long revision() {
        return range(Requests.range(ByteString.copyFromUtf8("ready?")))
                .getHeader()
                .getRevision();
    }

    /// The size of the state as Status gives it, in bytes.
    public long size() {
        return maintenance().status(StatusRequest.getDefaultInstance()).getDbSize();
    }

    /// Waits until the storage is at this version: etcd raises it a little after it began to serve.
    public void awaitStorageVersion(String version) {
        Eventually.holds(
                "the storage is at " + version,
                () -> maintenance()
                        .status(StatusRequest.getDefaultInstance())
                        .getStorageVersion()
                        .equals(version));
    }

    /// Grants a lease with an id of the server's choice.
    public long grant(long ttlSeconds) {
        return lease().leaseGrant(
                        LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build())
                .getID();
    }

    @Override
    public void close() {
        close(channel);
    }

    /// Cuts the connections of a channel and waits until they are gone.
    public static void close(ManagedChannel channel) {
        channel.shutdownNow();
        try {
            channel.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
