package io.metastore.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
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
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ColdLoadTest {
    /// Swaps as etcd does: a key's mod revision must be the one that the caller saw.
    private static final class Store extends KVGrpc.KVImplBase {
        private final AtomicLong revision = new AtomicLong(1);
        private final Map<ByteString, Long> swapped = new ConcurrentHashMap<>();
        private final AtomicLong lost = new AtomicLong();

        private ResponseHeader header() {
            return ResponseHeader.newBuilder().setRevision(revision.get()).build();
        }

        @Override
        public void put(PutRequest request, StreamObserver<PutResponse> reply) {
            revision.incrementAndGet();
            reply.onNext(PutResponse.newBuilder().setHeader(header()).build());
            reply.onCompleted();
        }

        @Override
        public void range(RangeRequest request, StreamObserver<RangeResponse> reply) {
            reply.onNext(RangeResponse.newBuilder().setHeader(header()).build());
            reply.onCompleted();
        }

        @Override
        public void txn(TxnRequest request, StreamObserver<TxnResponse> reply) {
            ByteString key = request.getCompare(0).getKey();
            boolean same =
                    swapped.getOrDefault(key, 0L) == request.getCompare(0).getModRevision();
            TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(same);
            if (same) {
                swapped.put(key, revision.incrementAndGet());
            } else {
                lost.incrementAndGet();
                response.addResponsesBuilder().setResponseRange(RangeResponse.getDefaultInstance());
            }
            reply.onNext(response.setHeader(header()).build());
            reply.onCompleted();
        }
    }

    private static final class Status extends MaintenanceGrpc.MaintenanceImplBase {
        @Override
        public void status(StatusRequest request, StreamObserver<StatusResponse> reply) {
            reply.onNext(StatusResponse.getDefaultInstance());
            reply.onCompleted();
        }
    }

    @Test
    void ofTenCallsFourPutTwoSwapAndFourRead() throws Exception {
        Store store = new Store();
        // One thread answers, as one apply loop would.
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .addService(store)
                .addService(new Status())
                .build()
                .start();
        try (Connections connections = Connections.open(
                List.of(new Endpoint("127.0.0.1", server.getPort(), false)),
                Security.NONE,
                1,
                1,
                Duration.ofSeconds(10))) {
            RunResult result = new Driver(connections, new ColdLoad(new Payload(8, 1), 1), System.err)
                    .run(new Driver.Phase("cold", 20, Pace.Limit.calls(5_000), 0, Duration.ofSeconds(10), false));
            assertEquals(Map.of(), result.errors());
            assertEquals(5_000, result.calls());
            for (Map.Entry<String, Integer> share :
                    Map.of("put", 2_000, "txn", 1_000, "range", 2_000).entrySet()) {
                long calls = result.latencies().get(share.getKey()).getTotalCount();
                assertEquals(share.getValue(), (int) calls, share.getKey());
            }
            // Which clients swap depends on who is answered first.
            assertTrue(store.swapped.size() >= 4, "each client that swaps has a key of its own");
            assertEquals(0, store.lost.get(), "nobody gets into another's way: every swap writes");
        } finally {
            server.shutdownNow();
        }
    }
}
