package io.metastore.bench;

import io.grpc.Channel;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import java.util.List;
import java.util.SplittableRandom;

/// Reads and writes of single keys in a given proportion, measured apart.
final class MixedLoad implements Workload {
    private static final int RANGE_KIND = 0;
    private static final int PUT_KIND = 1;

    private final Keys keys;
    private final Payload values;
    private final double reads;
    private final boolean serializable;
    private final long seed;

    /// @param reads  share of reads, from 0 to 1
    MixedLoad(Keys keys, Payload values, double reads, boolean serializable, long seed) {
        this.keys = keys;
        this.values = values;
        this.reads = reads;
        this.serializable = serializable;
        this.seed = seed;
    }

    @Override
    public List<String> kinds() {
        return List.of("range", "put");
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        SplittableRandom random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
        return new VirtualClient(lane, channel) {
            @Override
            void send(long call) {
                long key = random.nextLong(keys.space());
                if (random.nextDouble() < reads) {
                    kind(RANGE_KIND);
                    RangeRequest request = RangeRequest.newBuilder()
                            .setKey(keys.key(key))
                            .setSerializable(serializable)
                            .build();
                    unary(RangeLoad.RANGE, request, reply -> {});
                } else {
                    kind(PUT_KIND);
                    unary(PutLoad.PUT, PutLoad.request(keys.key(key), values.value(call)), reply -> {});
                }
            }
        };
    }
}
