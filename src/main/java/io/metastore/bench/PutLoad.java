package io.metastore.bench;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/// Puts of one size, on random keys or on one key after the other.
final class PutLoad implements Workload {
    static final MethodDescriptor<PutRequest, Skipped> PUT = Skipped.replyOf(KVGrpc.getPutMethod());

    private final Keys keys;
    private final Payload values;
    private final boolean sequential;
    private final long seed;
    private final AtomicLong nextKey = new AtomicLong();

    PutLoad(Keys keys, Payload values, boolean sequential, long seed) {
        this.keys = keys;
        this.values = values;
        this.sequential = sequential;
        this.seed = seed;
    }

    @Override
    public List<String> kinds() {
        return List.of("put");
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        // Another phase must not write the same keys in the same order, hence the shared counter in the seed.
        SplittableRandom random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L + nextKey.incrementAndGet());
        return new VirtualClient(lane, channel) {
            @Override
            void send(long call) {
                long key = sequential ? nextKey.getAndIncrement() : random.nextLong(keys.space());
                unary(PUT, request(keys.key(key), values.value(call)), reply -> {});
            }
        };
    }

    static PutRequest request(ByteString key, ByteString value) {
        return PutRequest.newBuilder().setKey(key).setValue(value).build();
    }
}
