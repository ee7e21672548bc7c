package io.metastore.load;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import io.metastore.blackbox.Client;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/// Keys `list/00000000` and so on, all of one size.
///
/// @param valueBytes size of each value
record ManyKeys(int count, int valueBytes) {
    private static final int AT_ONCE = 100;
    private static final int IN_FLIGHT = 16;

    /// Puts them, a hundred a transaction.
    void put(Client client) throws InterruptedException {
        Semaphore inFlight = new Semaphore(IN_FLIGHT);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        ByteString value = ByteString.copyFrom(new byte[valueBytes]);
        for (int first = 0; first < count; first += AT_ONCE) {
            TxnRequest.Builder txn = TxnRequest.newBuilder();
            for (int i = first; i < Math.min(count, first + AT_ONCE); i++) {
                txn.addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(key(i)).setValue(value)));
            }
            acquire(inFlight, 1);
            client.kvAsync().txn(txn.build(), new StreamObserver<>() {
                @Override
                public void onNext(TxnResponse response) {}

                @Override
                public void onError(Throwable cause) {
                    failure.set(cause);
                    inFlight.release();
                }

                @Override
                public void onCompleted() {
                    inFlight.release();
                }
            });
        }
        acquire(inFlight, IN_FLIGHT);
        if (failure.get() != null) {
            throw new AssertionError("keys could not be put", failure.get());
        }
    }

    private static void acquire(Semaphore semaphore, int permits) throws InterruptedException {
        if (!semaphore.tryAcquire(permits, 60, TimeUnit.SECONDS)) {
            throw new AssertionError("the member takes no more writes");
        }
    }

    private static ByteString key(int i) {
        return ByteString.copyFromUtf8("list/%08d".formatted(i));
    }

    /// A request for all of them.
    RangeRequest.Builder all() {
        return RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("list/"))
                .setRangeEnd(ByteString.copyFromUtf8("list0"));
    }
}
