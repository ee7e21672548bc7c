package io.metastore.api;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.metastore.api.etcd.etcdserverpb.WatchCancelRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchGrpc;
import io.metastore.api.etcd.etcdserverpb.WatchProgressRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A plain client of the Watch service that reads as many responses as it is told to.
final class WatchClient implements ClientResponseObserver<WatchRequest, WatchResponse>, AutoCloseable {
    private static final int UNLIMITED = Integer.MAX_VALUE;

    private final LinkedBlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<Throwable> ends = new LinkedBlockingQueue<>();
    private final boolean reads;
    private ClientCallStreamObserver<WatchRequest> requests;

    /// @param reads whether everything is read at once; else [#read] says how much
    WatchClient(ManagedChannel channel, boolean reads) {
        this.reads = reads;
        WatchGrpc.newStub(channel).watch(this);
    }

    static WatchCreateRequest.Builder key(String key) {
        return WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8(key));
    }

    static WatchCreateRequest.Builder all() {
        return WatchCreateRequest.newBuilder().setRangeEnd(ByteString.copyFrom(new byte[1]));
    }

    /// All keys that begin with `prefix`, whose last character must not be 0x7f.
    static WatchCreateRequest.Builder prefix(String prefix) {
        String end = prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1);
        return key(prefix).setRangeEnd(ByteString.copyFromUtf8(end));
    }

    void create(WatchCreateRequest.Builder request) {
        requests.onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
    }

    void cancel(long id) {
        requests.onNext(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                .build());
    }

    void requestProgress() {
        requests.onNext(WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
    }

    void sendNothing() {
        requests.onNext(WatchRequest.getDefaultInstance());
    }

    void halfClose() {
        requests.onCompleted();
    }

    void read(int count) {
        requests.request(count);
    }

    /// The next response, waited for.
    WatchResponse next() {
        try {
            WatchResponse response = responses.poll(20, TimeUnit.SECONDS);
            if (response == null) {
                throw new AssertionError("no response; ended with " + ends);
            }
            return response;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    List<WatchResponse> next(int count) {
        List<WatchResponse> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(next());
        }
        return all;
    }

    /// Responses that came and were not asked for yet.
    int unread() {
        return responses.size();
    }

    /// How the call ended, waited for.
    Throwable end() {
        try {
            Throwable end = ends.poll(20, TimeUnit.SECONDS);
            if (end == null) {
                throw new AssertionError("the call goes on");
            }
            return end;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        requests.cancel("test is over", null);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
        requests = stream;
        stream.disableAutoRequestWithInitial(reads ? UNLIMITED : 0);
    }

    @Override
    public void onNext(WatchResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable cause) {
        ends.add(cause);
    }

    @Override
    public void onCompleted() {
        ends.add(new AssertionError("completed"));
    }
}
